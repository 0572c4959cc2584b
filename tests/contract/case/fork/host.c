/* links: run */
#include "../host.h"

#include <sys/wait.h>
#include <unistd.h>

#include "run/api.h"

static int in_child(const char *code) {
    int status;
    pid_t child = fork();

    if (child == 0) {
        alarm(10);
        _exit(run(code));
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(void) {
    SHOW("L04 fork before the first call: %d\n", in_child("result = 41"));
    SHOW("L04 %d\n", run("result = 42"));
    SHOW("L04 fork after it: %d\n", in_child("import threading\nresult = 43"));
    SHOW("L04 %d\n", run("result = 44"));
    SHOW("L06 os.fork inside: %d\n", run("import os\n"
                                         "pid = os.fork()\n"
                                         "if pid == 0:\n"
                                         "    os._exit(45)\n"
                                         "result = os.waitpid(pid, 0)[1] >> 8\n"));
    return NORMAL_EXIT;
}
