/* links: run */
#include "../host.h"

#include "run/api.h"

static void at_exit(void) {
    SHOW("L11 in atexit: %d\n", run("result = 42"));
}

int main(void) {
    atexit(at_exit);
    SHOW("E20 %d\n", run("raise SystemExit(3)"));
    SHOW("E03 %d\n", run_or_minus_one("raise SystemExit(3)"));
    return NORMAL_EXIT;
}
