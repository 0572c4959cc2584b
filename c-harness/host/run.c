#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "event.h"

static _Thread_local struct thread thread;
static pid_t first_process;

struct thread *current_thread(void) {
    return &thread;
}

bool is_first_process(void) {
    return getpid() == first_process;
}

void run_steps(const struct step_list *steps, bool announced) {
    for (size_t i = 0; i < steps->count; i++) {
        const struct step *step = &steps->items[i];
        if (i > 0 || !announced) {
            event_begin(step);
        }
        struct outcome outcome = {.ok = true};
        errno = 0;
        step->kind->run(step->data, &outcome);
        event_end(step, &outcome);
    }
}

void run_plan(const struct step_list *steps) {
    first_process = getpid();
    event_start();
    run_steps(steps, false);
    // A DLL may fork, and its child come back to here.
    if (!is_first_process()) {
        _exit(EXIT_NORMAL_END);
    }
    event_finish(EXIT_NORMAL_END);
    exit(EXIT_NORMAL_END);
}
