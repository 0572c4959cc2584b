/* links: ffi
 * producers: rust */
#include "../host.h"

#include "ffi/api.h"

/* Each of these ends a host with a DLL of CFFI 2: an assertion, and reads of an address near 0. */
int main(void) {
    f_show("ffi.typeof('fhidden_t').fields");
    f_show("ffi.cast('fpt_t *', 0).x");
    f_show("setattr(ffi.cast('fpt_t *', 0), 'x', 1)");
    SHOW("X01 the host goes on\n");
    return NORMAL_EXIT;
}
