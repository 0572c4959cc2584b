#include "binding.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "run.h"

static struct binding *newest;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void lock(void) {
    pthread_mutex_lock(&mutex);
}

static void unlock(void) {
    pthread_mutex_unlock(&mutex);
}

static void in_child(void) {
    pthread_mutex_init(&mutex, NULL);
}

bool bindings_start(void) {
    return pthread_atfork(lock, unlock, in_child) == 0;
}

void binding_add(enum binding_kind kind, const char *name, struct binding binding) {
    struct binding *added = memory_new(sizeof *added);
    *added = binding;
    added->kind = kind;
    added->name = name;
    added->thread = current_thread()->number;
    added->gone = false;
    lock();
    added->older = newest;
    newest = added;
    unlock();
}

// The mutex must be held.
static struct binding *find(enum binding_kind kind, const char *name) {
    struct binding *any = NULL;
    for (struct binding *at = newest; at != NULL; at = at->older) {
        if (at->kind != kind || strcmp(at->name, name) != 0) {
            continue;
        }
        if (at->thread == current_thread()->number) {
            return at;
        }
        if (any == NULL) {
            any = at;
        }
    }
    return any;
}

bool binding_find(enum binding_kind kind, const char *name, struct binding *result) {
    lock();
    const struct binding *found = find(kind, name);
    const bool good = found != NULL && !found->gone;
    if (good) {
        *result = *found;
    }
    unlock();
    return good;
}

void binding_drop(enum binding_kind kind, const char *name) {
    lock();
    struct binding *found = find(kind, name);
    if (found != NULL) {
        found->gone = true;
    }
    unlock();
}

void binding_each_handle(bool (*visit)(const struct binding *binding, void *context),
                         void *context) {
    struct binding *visible = NULL;
    size_t count = 0, capacity = 0;
    lock();
    for (struct binding *at = newest; at != NULL; at = at->older) {
        if (at->kind != BINDING_HANDLE || at->gone || find(BINDING_HANDLE, at->name) != at) {
            continue;
        }
        if (count == capacity) {
            capacity = 2 * capacity + 8;
            visible = memory_resize(visible, capacity * sizeof *visible);
        }
        visible[count++] = *at;
    }
    unlock();
    while (count > 0 && visit(&visible[count - 1], context)) {
        count--;
    }
    free(visible);
}
