// chdir, setenv, unsetenv, sleep, exit.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"
#include "memory.h"
#include "run.h"

static void check(struct outcome *outcome, int result) {
    outcome->error_number = errno;
    if (result != 0) {
        outcome_fail(outcome, "%s", strerror(outcome->error_number));
    }
}

bool parse_chdir(struct cursor *cursor, void **data) {
    const char *path;
    if (!cursor_string(cursor, "a path", &path)) {
        return false;
    }
    *data = (void *)path;
    return true;
}

void run_chdir(const void *data, struct outcome *outcome) {
    check(outcome, chdir(data));
}

struct variable {
    const char *name;
    const char *value;
};

static bool parse_variable(struct cursor *cursor, struct variable *variable) {
    const struct token *token;
    if (!cursor_word(cursor, "the name of an environment variable", &token)) {
        return false;
    }
    if (strchr(token->text, '=') != NULL) {
        return cursor_fail(cursor, token->column, "the name of an environment variable has no =");
    }
    variable->name = token->text;
    return true;
}

bool parse_setenv(struct cursor *cursor, void **data) {
    struct variable *variable = memory_keep(sizeof *variable);
    *data = variable;
    return parse_variable(cursor, variable) && cursor_string(cursor, "a value", &variable->value);
}

void run_setenv(const void *data, struct outcome *outcome) {
    const struct variable *variable = data;
    check(outcome, setenv(variable->name, variable->value, 1));
}

bool parse_unsetenv(struct cursor *cursor, void **data) {
    struct variable *variable = memory_keep(sizeof *variable);
    *data = variable;
    return parse_variable(cursor, variable);
}

void run_unsetenv(const void *data, struct outcome *outcome) {
    const struct variable *variable = data;
    check(outcome, unsetenv(variable->name));
}

bool parse_sleep(struct cursor *cursor, void **data) {
    int64_t *milliseconds = memory_keep(sizeof *milliseconds);
    *data = milliseconds;
    return cursor_number(cursor, "milliseconds", 0, INT64_MAX, milliseconds);
}

void run_sleep(const void *data, struct outcome *outcome) {
    const int64_t milliseconds = *(const int64_t *)data;
    struct timespec left = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (milliseconds % 1000) * 1000000};
    (void)outcome;
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

struct exit_step {
    int code;
    bool now;
};

bool parse_exit(struct cursor *cursor, void **data) {
    struct exit_step *step = memory_keep(sizeof *step);
    int64_t code;
    *data = step;
    if (!cursor_number(cursor, "an exit code", 0, 255, &code)) {
        return false;
    }
    step->code = (int)code;
    const struct token *option = cursor_option(cursor, "now");
    if (option != NULL && option->text[3] != '\0') {
        return cursor_fail(cursor, option->column, "now is expected");
    }
    step->now = option != NULL;
    return true;
}

void run_exit(const void *data, struct outcome *outcome) {
    const struct exit_step *step = data;
    (void)outcome;
    if (is_first_process()) {
        event_finish(step->code);
    }
    if (step->now) {
        _exit(step->code);
    }
    exit(step->code);
}
