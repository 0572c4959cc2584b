// The event lines: what the host reports while it runs a plan.
#ifndef EMBEDCHECK_EVENT_H
#define EMBEDCHECK_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

// Exit codes of a host.
enum { EXIT_NORMAL_END = 17, EXIT_BAD_PLAN = 2, EXIT_EVENTS_LOST = 3 };

struct step;

// What an executor reports about its step. Starts as {.ok = true}: done, no value.
struct outcome {
    bool ok;
    struct json value; // Nothing in it stands for `null`.
    int error_number;  // errno right after the call that matters.
    char *error;       // From malloc, or null.
};

// Records that the step could not be done, and why.
__attribute__((format(printf, 2, 3))) void outcome_fail(struct outcome *outcome, const char *format,
                                                        ...);

// Frees what the outcome holds.
void outcome_release(struct outcome *outcome);

// Moves the descriptor out of the way of everything that a DLL does. False if that is impossible;
// errno says why.
bool events_start(int descriptor);

// Each writes one line, with one write. If that fails the process ends with EXIT_EVENTS_LOST.
void event_start(void);
void event_begin(const struct step *step);
// Also releases what the outcome holds.
void event_end(const struct step *step, struct outcome *outcome);
void event_hook(int argument, int value);
void event_finish(int code);

#endif
