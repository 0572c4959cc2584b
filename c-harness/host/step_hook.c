// hook.
#include <stdatomic.h>
#include <stdint.h>

#include "kinds.h"
#include "library.h"
#include "memory.h"

struct hook_step {
    plan_name handle;
    const char *variable;
    const char *symbol;
    int argument;
};

bool parse_hook(struct cursor *cursor, void **data) {
    struct hook_step *step = memory_keep(sizeof *step);
    const struct token *token;
    int64_t argument;
    *data = step;
    if (!cursor_handle(cursor, step->handle) ||
        !cursor_word(cursor, "the name of a function-pointer variable", &token)) {
        return false;
    }
    step->variable = token->text;
    if (!cursor_word(cursor, "the name of a function", &token)) {
        return false;
    }
    step->symbol = token->text;
    if (!cursor_number(cursor, "the argument of the hook", INT32_MIN, INT32_MAX, &argument)) {
        return false;
    }
    step->argument = (int)argument;
    return true;
}

typedef int hooked_function(int, int);
typedef int hook_function(int);

// One hook a process: a function without context can only find its target here.
static hooked_function *target;
static int target_argument;
static atomic_flag taken = ATOMIC_FLAG_INIT;

static int hook(int argument) {
    const int value = target(argument, target_argument);
    event_hook(argument, value);
    return value;
}

void run_hook(const void *data, struct outcome *outcome) {
    const struct hook_step *step = data;
    void *variable, *function;
    if (!library_symbol(step->handle, step->variable, &variable, outcome) ||
        !library_symbol(step->handle, step->symbol, &function, outcome)) {
        return;
    }
    if (atomic_flag_test_and_set(&taken)) {
        outcome_fail(outcome, "the process has its hook already");
        return;
    }
    target = (hooked_function *)function;
    target_argument = step->argument;
    __atomic_store_n((hook_function **)variable, hook, __ATOMIC_RELEASE);
}
