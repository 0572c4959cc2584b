/* links: run */
#include "../host.h"

#include "run/api.h"

int main(void) {
    int seen;

    errno = 77;
    seen = run("result = ffi.errno");
    SHOW("D22 in the first call: %d, after it: %d\n", seen, errno);
    return NORMAL_EXIT;
}
