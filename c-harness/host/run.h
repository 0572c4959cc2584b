// Runs steps, and knows on which thread.
#ifndef EMBEDCHECK_RUN_H
#define EMBEDCHECK_RUN_H

#include <stdbool.h>

#include "plan.h"

enum { MAX_SAVED_STATES = 64 };

// What a step of `python` saved on this thread, for its counterpart.
struct saved_state {
    void *undo;    // The function that takes it back: tells two Pythons in one process apart.
    void *pointer; // From PyEval_SaveThread.
    int gil_state; // From PyGILState_Ensure.
};

struct thread {
    int number; // 0 is the main thread; also stands for threads that the host did not start.
    struct saved_state saved[MAX_SAVED_STATES];
    int saved_count;
};

// That of the calling thread.
struct thread *current_thread(void);

// Runs the steps in order. `announced`: the begin event of the first one is written already.
void run_steps(const struct step_list *steps, bool announced);

// Whether this is the process that was started with the plan, not one that was forked from it.
bool is_first_process(void);

// Runs the whole plan and ends the process.
_Noreturn void run_plan(const struct step_list *steps);

#endif
