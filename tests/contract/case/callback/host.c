/* links: run
 * producers: cffi */
#include "../host.h"

#include "run/api.h"

/* ffi.callback(): a C function made at run time. */
int main(void) {
    SHOW("F10 %d\n", run("@ffi.callback('int(int)')\n"
                         "def twice(x):\n"
                         "    return 2 * x\n"
                         "result = twice(21)\n"));
    return NORMAL_EXIT;
}
