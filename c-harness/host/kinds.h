// The kinds of steps, each with its parser and its executor; kinds.c puts them into the table.
#ifndef EMBEDCHECK_KINDS_H
#define EMBEDCHECK_KINDS_H

#include <stdbool.h>

#include "cursor.h"
#include "event.h"

#define DECLARE_STEP(name)                                                                         \
    bool parse_##name(struct cursor *cursor, void **data);                                         \
    void run_##name(const void *data, struct outcome *outcome)

DECLARE_STEP(open);
DECLARE_STEP(promote);
DECLARE_STEP(close);
DECLARE_STEP(resolve);
DECLARE_STEP(call);
DECLARE_STEP(buffer);
DECLARE_STEP(peek);
DECLARE_STEP(hook);
DECLARE_STEP(wait);
DECLARE_STEP(chdir);
DECLARE_STEP(setenv);
DECLARE_STEP(unsetenv);
DECLARE_STEP(sleep);
DECLARE_STEP(python);
DECLARE_STEP(facts);
DECLARE_STEP(exit);

#undef DECLARE_STEP

// The blocks, which plan.c parses.
void run_threads(const void *data, struct outcome *outcome);
void run_fork(const void *data, struct outcome *outcome);

#endif
