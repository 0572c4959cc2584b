/* links: run */
#include "../host.h"

#include <signal.h>

#include "run/api.h"

/* Ctrl-C has to end a host that did not ask for anything else. */
int main(void) {
    /* A shell has it ignored by what runs in the background. */
    signal(SIGINT, SIG_DFL);
    run("import signal");
    SHOW("L07 interrupting\n");
    raise(SIGINT);
    SHOW("L07 survived: %d\n", run("result = 42"));
    return NORMAL_EXIT;
}
