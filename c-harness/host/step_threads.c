// threads.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "kinds.h"
#include "memory.h"
#include "run.h"

struct crew {
    // Held by the starter until every thread is there, so that none is left alone at the barrier
    // when another could not be started.
    pthread_mutex_t complete;
    bool cancelled;
    pthread_barrier_t barrier;
};

struct member {
    pthread_t thread;
    struct crew *crew;
    const struct thread_group *group;
    unsigned number;
};

static void *work(void *data) {
    const struct member *member = data;
    struct crew *crew = member->crew;
    pthread_mutex_lock(&crew->complete);
    const bool cancelled = crew->cancelled;
    pthread_mutex_unlock(&crew->complete);
    if (cancelled) {
        return NULL;
    }
    current_thread()->number = (int)member->number;
    const struct step_list *steps = &member->group->steps;
    if (steps->count > 0) {
        event_begin(&steps->items[0]);
    }
    pthread_barrier_wait(&crew->barrier);
    run_steps(steps, true);
    return NULL;
}

// 0 or an error number.
static int start(struct member *member) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) {
        return error;
    }
    if (member->group->stack > 0) {
        error = pthread_attr_setstacksize(&attributes, member->group->stack);
    }
    if (error == 0) {
        error = pthread_create(&member->thread, &attributes, work, member);
    }
    pthread_attr_destroy(&attributes);
    return error;
}

static size_t enlist(const struct threads_block *block, struct crew *crew,
                     struct member **members) {
    size_t count = 0;
    for (size_t i = 0; i < block->count; i++) {
        count += block->groups[i].count;
    }
    struct member *next = memory_new(count * sizeof *next);
    *members = next;
    for (size_t i = 0; i < block->count; i++) {
        const struct thread_group *group = &block->groups[i];
        for (unsigned k = 0; k < group->count; k++) {
            *next++ =
                (struct member){.crew = crew, .group = group, .number = group->first_number + k};
        }
    }
    return count;
}

void run_threads(const void *data, struct outcome *outcome) {
    struct crew crew = {.complete = PTHREAD_MUTEX_INITIALIZER};
    struct member *members;
    const size_t count = enlist(data, &crew, &members);
    // Fails for no number of threads that a plan can ask for.
    int error = pthread_barrier_init(&crew.barrier, NULL, (unsigned)count);
    size_t started = 0;
    pthread_mutex_lock(&crew.complete);
    while (error == 0 && started < count) {
        error = start(&members[started]);
        started += error == 0;
    }
    crew.cancelled = error != 0;
    pthread_mutex_unlock(&crew.complete);
    for (size_t i = 0; i < started; i++) {
        pthread_join(members[i].thread, NULL);
    }
    pthread_barrier_destroy(&crew.barrier);
    pthread_mutex_destroy(&crew.complete);
    free(members);
    if (error != 0) {
        outcome->error_number = error;
        outcome_fail(outcome, "cannot start thread %zu of %zu: %s", started + 1, count,
                     strerror(error));
        return;
    }
    json_raw(&outcome->value, "{\"threads\":");
    json_unsigned(&outcome->value, count);
    json_raw(&outcome->value, "}");
}
