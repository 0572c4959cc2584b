// A plan in memory: what docs/plan-format.md describes, ready to run.
#ifndef EMBEDCHECK_PLAN_H
#define EMBEDCHECK_PLAN_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PLAN_FORMAT = 1,
    PLAN_MAX_LINES = 10000,
    PLAN_MAX_LINE = 1 << 20,
    PLAN_MAX_DEPTH = 8,
    PLAN_MAX_NAME = 31,
    PLAN_MAX_THREADS = 1000,
    PLAN_MAX_BUFFER = 1 << 20,
    PLAN_MAX_ARGUMENTS = 6,
};

struct cursor;
struct outcome;
struct step;

// A kind of step: the table in kinds.c has one entry for each.
struct step_kind {
    const char *name;
    // Reads the rest of the line; stores what it made in `*data`. False after an error, which
    // cursor_fail has recorded. Null for the blocks, whose lines plan.c reads itself.
    bool (*parse)(struct cursor *cursor, void **data);
    // Does the step. `data` is what `parse` made, or the block.
    void (*run)(const void *data, struct outcome *outcome);
};

// The table, ended by an entry without a name.
extern const struct step_kind step_kinds[];

struct step {
    const struct step_kind *kind;
    size_t line; // Its number in events.
    void *data;
};

struct step_list {
    struct step *items;
    size_t count;
    size_t capacity;
};

// Data of `fork`.
struct fork_block {
    char name[PLAN_MAX_NAME + 1];
    struct step_list steps;
};

// A `thread` section.
struct thread_group {
    unsigned count;
    size_t stack; // In bytes; 0 is the system's default.
    unsigned first_number;
    struct step_list steps;
};

// Data of `threads`.
struct threads_block {
    struct thread_group *groups;
    size_t count;
    size_t capacity;
};

struct plan_error {
    size_t line;   // From 1.
    size_t column; // In bytes, from 1.
    char text[240];
};

enum plan_status { PLAN_READ, PLAN_WRONG, PLAN_UNREADABLE };

// Reads the file at `path`. After PLAN_WRONG `error` says what is wrong where; after
// PLAN_UNREADABLE errno does. Everything lives as long as the process.
enum plan_status plan_read(const char *path, struct step_list *steps, struct plan_error *error);

#endif
