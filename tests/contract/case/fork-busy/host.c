/* links: run */
#include "../host.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/api.h"

static void *busy(void *unused) {
    (void)unused;
    run("import time\n"
        "until = time.monotonic() + 1.0\n"
        "while time.monotonic() < until:\n"
        "    pass\n");
    return NULL;
}

/* While another thread runs Python code: the child is usable, or says that it is not. */
int main(void) {
    pthread_t thread;
    int status;
    pid_t child;

    run("result = 0");
    pthread_create(&thread, NULL, busy, NULL);
    usleep(200000);
    child = fork();
    if (child == 0) {
        alarm(5);
        run("result = 42");
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status))
        SHOW("L05 the child came back\n");
    else if (WTERMSIG(status) == SIGALRM)
        SHOW("L05 the child hung\n");
    else
        SHOW("L05 the child died of signal %d\n", WTERMSIG(status));
    pthread_join(thread, NULL);
    SHOW("L05 the parent goes on: %d\n", run("result = 42"));
    return NORMAL_EXIT;
}
