// fork, wait.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "binding.h"
#include "kinds.h"
#include "memory.h"
#include "run.h"

enum { DEFAULT_WAIT_MS = 5000 };

static void fail_with_errno(struct outcome *outcome) {
    outcome->error_number = errno;
    outcome_fail(outcome, "%s", strerror(outcome->error_number));
}

void run_fork(const void *data, struct outcome *outcome) {
    const struct fork_block *block = data;
    const pid_t child = fork();
    if (child < 0) {
        fail_with_errno(outcome);
        return;
    }
    if (child == 0) {
        run_steps(&block->steps, false);
        // Not exit: atexit handlers belong to the parent.
        _exit(EXIT_NORMAL_END);
    }
    binding_add(BINDING_CHILD, block->name, (struct binding){.pid = child});
    json_raw(&outcome->value, "{\"pid\":");
    json_integer(&outcome->value, child);
    json_raw(&outcome->value, "}");
}

struct wait_step {
    plan_name name;
    int64_t timeout_ms;
};

bool parse_wait(struct cursor *cursor, void **data) {
    struct wait_step *step = memory_keep(sizeof *step);
    *data = step;
    step->timeout_ms = DEFAULT_WAIT_MS;
    if (!cursor_name(cursor, "the name of a child", step->name)) {
        return false;
    }
    const struct token *option = cursor_option(cursor, "timeout=");
    return option == NULL || text_number(cursor, option->column + 8, option->text + 8,
                                         "milliseconds", 0, INT64_MAX, &step->timeout_ms);
}

static int64_t milliseconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

// Like waitpid, but gives 0 when the time is over. Polls, because a signalfd or a SIGCHLD handler
// would change what the DLL sees, and pidfd_open is missing before Linux 5.3.
static pid_t wait_for(pid_t child, int64_t timeout_ms, int *status) {
    struct timespec start, pause = {.tv_nsec = 100000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        const pid_t result = waitpid(child, status, WNOHANG);
        if (result != 0 || milliseconds_since(&start) >= timeout_ms) {
            return result;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 5000000) {
            pause.tv_nsec *= 2;
        }
    }
}

void run_wait(const void *data, struct outcome *outcome) {
    const struct wait_step *step = data;
    struct binding child;
    int status = 0;
    if (!binding_find(BINDING_CHILD, step->name, &child)) {
        outcome_fail(outcome, "no child \"%s\"", step->name);
        return;
    }
    const pid_t result = wait_for(child.pid, step->timeout_ms, &status);
    if (result < 0) {
        // Such as a forked child that waits for a child of its parent.
        fail_with_errno(outcome);
        return;
    }
    binding_drop(BINDING_CHILD, step->name);
    if (result == 0) {
        kill(child.pid, SIGKILL);
        while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
        }
        json_raw(&outcome->value, "{\"timeout\":true}");
        return;
    }
    const bool exited = WIFEXITED(status);
    json_raw(&outcome->value, exited ? "{\"exit\":" : "{\"signal\":");
    json_integer(&outcome->value, exited ? WEXITSTATUS(status) : WTERMSIG(status));
    json_raw(&outcome->value, "}");
}
