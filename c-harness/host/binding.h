// What the names of a plan stand for while it runs.
//
// A thread sees its own meaning of a name first, then the latest that any thread gave it: so that
// the threads of one section can each open, fork or fill a buffer without disturbing the others,
// and what they opened can be used after them.
#ifndef EMBEDCHECK_BINDING_H
#define EMBEDCHECK_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "plan.h"

enum binding_kind { BINDING_HANDLE, BINDING_BUFFER, BINDING_CHILD };

struct binding {
    struct binding *older;
    enum binding_kind kind;
    int thread;
    bool gone; // Closed, or waited for. Hides what the name stood for before.
    const char *name;

    void *library;        // Of a handle: from dlopen.
    bool is_self;         // Of a handle: opened as `self`.
    unsigned char *bytes; // Of a buffer.
    size_t size;
    pid_t pid; // Of a child.
};

// Must be called once, before any thread is started.
bool bindings_start(void);

// Makes a new meaning for the calling thread; `binding` is copied, its first four fields are set
// here. Nothing is released: a DLL may keep a pointer to what the name stood for.
void binding_add(enum binding_kind kind, const char *name, struct binding binding);

// Copies the meaning of a name. False if it has none.
bool binding_find(enum binding_kind kind, const char *name, struct binding *result);

// Takes the meaning away that binding_find gave.
void binding_drop(enum binding_kind kind, const char *name);

// Calls `visit` for each open handle that the calling thread sees, in the order in which they were
// opened, until it returns false.
void binding_each_handle(bool (*visit)(const struct binding *binding, void *context),
                         void *context);

#endif
