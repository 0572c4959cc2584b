/* loads: same_a same_b */
#define SCOPE RTLD_GLOBAL
#define PREPARE (void)0
#include "../same.h"
