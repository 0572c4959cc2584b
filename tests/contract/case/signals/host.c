/* links: run */
#include "../host.h"

#include <signal.h>

#include "run/api.h"

static const char *disposition(int number) {
    struct sigaction action;

    sigaction(number, NULL, &action);
    if (action.sa_handler == SIG_DFL)
        return "default";
    return action.sa_handler == SIG_IGN ? "ignored" : "a handler";
}

int main(void) {
    /* A shell has it ignored by what runs in the background. */
    signal(SIGINT, SIG_DFL);
    run("result = 0");
    SHOW("C21 SIGINT %s, SIGPIPE %s\n", disposition(SIGINT), disposition(SIGPIPE));
    run("import signal");
    SHOW("L07 SIGINT after import signal: %s\n", disposition(SIGINT));
    return NORMAL_EXIT;
}
