/* links: run */
#include "../host.h"

#include "run/api.h"

static __attribute__((constructor)) void before_main(void) {
    SHOW("C23 before main: %d\n", run("result = 42"));
}

static __attribute__((destructor)) void after_main(void) {
    SHOW("C23 after main: %d\n", run("result = 43"));
}

int main(void) {
    SHOW("C23 in main: %d\n", run("result = 44"));
    return NORMAL_EXIT;
}
