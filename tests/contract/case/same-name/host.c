/* loads: same_a same_b bare */
#define SCOPE RTLD_LOCAL
/* With a libpython in the global scope; what happens without one is another case. */
#define PREPARE                                                                                    \
    if (dlopen("./libbare.so", RTLD_NOW | RTLD_GLOBAL) == NULL)                                    \
    return 1
#include "../same.h"
