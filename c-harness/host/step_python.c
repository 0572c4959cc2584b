// python: the host as an embedder of its own. No Python.h: the functions are looked up by name, and
// those used here have kept their types from 2.7 on.
#include <stdint.h>
#include <string.h>

#include "kinds.h"
#include "library.h"
#include "memory.h"
#include "run.h"

typedef int int_function(void);
typedef void void_function(void);
typedef void initialize_function(int);
typedef void *save_function(void);
typedef void restore_function(void *);
typedef void release_function(int);
typedef int run_function(const char *);

struct action;

struct python_step {
    plan_name handle;
    const struct action *action;
    int signals;
    const char *code;
};

struct action {
    const char *name;
    void (*run)(const struct python_step *step, struct outcome *outcome);
};

static void initialize(const struct python_step *step, struct outcome *outcome) {
    void *function, *is_initialized;
    if (library_symbol(step->handle, "Py_InitializeEx", &function, outcome) &&
        library_symbol(step->handle, "Py_IsInitialized", &is_initialized, outcome)) {
        ((initialize_function *)function)(step->signals);
        json_integer(&outcome->value, ((int_function *)is_initialized)());
    }
}

static void finalize(const struct python_step *step, struct outcome *outcome) {
    void *function;
    struct outcome ignored = {.ok = true};
    if (library_symbol(step->handle, "Py_FinalizeEx", &function, &ignored)) {
        json_integer(&outcome->value, ((int_function *)function)());
    } else if (library_symbol(step->handle, "Py_Finalize", &function, outcome)) {
        // Before 3.6.
        ((void_function *)function)();
        json_integer(&outcome->value, 0);
    }
    outcome_release(&ignored);
}

static bool push(struct saved_state state, struct outcome *outcome) {
    struct thread *thread = current_thread();
    if (thread->saved_count == MAX_SAVED_STATES) {
        outcome_fail(outcome, "this thread has saved %d states already", MAX_SAVED_STATES);
        return false;
    }
    thread->saved[thread->saved_count++] = state;
    return true;
}

// Takes the latest state that `undo` takes back.
static bool pop(void *undo, struct saved_state *state, struct outcome *outcome) {
    struct thread *thread = current_thread();
    for (int i = thread->saved_count - 1; i >= 0; i--) {
        if (thread->saved[i].undo == undo) {
            *state = thread->saved[i];
            thread->saved_count--;
            memmove(&thread->saved[i], &thread->saved[i + 1],
                    (size_t)(thread->saved_count - i) * sizeof *state);
            return true;
        }
    }
    outcome_fail(outcome, "this thread has saved nothing that could be taken back");
    return false;
}

static void save_thread(const struct python_step *step, struct outcome *outcome) {
    void *function;
    struct saved_state state = {0};
    // The place is taken before the call, which cannot be undone for want of it.
    if (library_symbol(step->handle, "PyEval_SaveThread", &function, outcome) &&
        library_symbol(step->handle, "PyEval_RestoreThread", &state.undo, outcome) &&
        push(state, outcome)) {
        struct thread *thread = current_thread();
        thread->saved[thread->saved_count - 1].pointer = ((save_function *)function)();
    }
}

static void restore_thread(const struct python_step *step, struct outcome *outcome) {
    void *function;
    struct saved_state state;
    if (library_symbol(step->handle, "PyEval_RestoreThread", &function, outcome) &&
        pop(function, &state, outcome)) {
        ((restore_function *)function)(state.pointer);
    }
}

static void ensure(const struct python_step *step, struct outcome *outcome) {
    void *function;
    struct saved_state state = {0};
    if (library_symbol(step->handle, "PyGILState_Ensure", &function, outcome) &&
        library_symbol(step->handle, "PyGILState_Release", &state.undo, outcome) &&
        push(state, outcome)) {
        struct thread *thread = current_thread();
        thread->saved[thread->saved_count - 1].gil_state = ((int_function *)function)();
    }
}

static void release(const struct python_step *step, struct outcome *outcome) {
    void *function;
    struct saved_state state;
    if (library_symbol(step->handle, "PyGILState_Release", &function, outcome) &&
        pop(function, &state, outcome)) {
        ((release_function *)function)(state.gil_state);
    }
}

static void run(const struct python_step *step, struct outcome *outcome) {
    void *function;
    if (library_symbol(step->handle, "PyRun_SimpleString", &function, outcome)) {
        json_integer(&outcome->value, ((run_function *)function)(step->code));
    }
}

static const struct action actions[] = {
    {"initialize", initialize},
    {"finalize", finalize},
    {"save-thread", save_thread},
    {"restore-thread", restore_thread},
    {"ensure", ensure},
    {"release", release},
    {"run", run},
};

static bool parse_options(struct cursor *cursor, struct python_step *step) {
    int64_t signals = 0;
    if (step->action->run == run) {
        return cursor_string(cursor, "Python code", &step->code);
    }
    if (step->action->run == initialize && cursor_more(cursor) &&
        !cursor_number(cursor, "the argument of Py_InitializeEx", INT32_MIN, INT32_MAX, &signals)) {
        return false;
    }
    step->signals = (int)signals;
    return true;
}

bool parse_python(struct cursor *cursor, void **data) {
    struct python_step *step = memory_keep(sizeof *step);
    const struct token *token;
    *data = step;
    if (!cursor_handle(cursor, step->handle) ||
        !cursor_word(cursor, "what to do with Python", &token)) {
        return false;
    }
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, token->text) == 0) {
            step->action = &actions[i];
            return parse_options(cursor, step);
        }
    }
    return cursor_fail(cursor, token->column,
                       "\"%.64s\": one of initialize finalize save-thread restore-thread ensure "
                       "release run",
                       token->text);
}

void run_python(const void *data, struct outcome *outcome) {
    const struct python_step *step = data;
    step->action->run(step, outcome);
}
