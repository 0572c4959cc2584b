/* links: longdouble
 * producers: cffi */
#include "../host.h"

#include "longdouble/api.h"

int main(void) {
    wide_t wide = {'w', 1.25L};

    SHOW("D08 -> %La\n", t_longdouble(0x1.0000000000000002p0L));
    wide = t_wide(wide);
    SHOW("D08 -> %c %Lg\n", wide.c, wide.ld);
    return NORMAL_EXIT;
}
