/* What the stress host counts, watches and reports with. */
#ifndef STRESS_HOST_H
#define STRESS_HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    uint64_t state;
} random_t;

typedef struct {
    const char *name;
    void (*run)(random_t *);
    int weight;
    /* Also for threads that live for a few calls. */
    int quick;
    atomic_long done;
} operation_t;

/* What a thread is doing, and since when: 0 is a free place, 1 one that is being taken, and only at
   2 the rest is true. */
typedef struct {
    atomic_int taken;
    _Atomic(const char *) what;
    atomic_llong since;
} beat_t;

static atomic_long failures_seen, refused_forks, lost_imports, late_deaths, short_threads,
    forks_of_strangers;

static struct {
    double seconds;
    int patience;
    long long begin;
    atomic_int over;
} run;

/* What a host that attaches threads itself calls; null until Python has been started. */
static int (*_Atomic ensure_gil)(void);
static void (*_Atomic release_gil)(int);

/* Something that must be so. The first failures are told. */
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition) && atomic_fetch_add(&failures_seen, 1) < 20)                              \
            tell(__LINE__, __VA_ARGS__);                                                           \
    } while (0)

#define tell(line, ...)                                                                            \
    do {                                                                                           \
        char told_[300];                                                                           \
        int size_ = snprintf(told_, sizeof told_, "WRONG (line %d): ", line);                      \
        size_ += snprintf(told_ + size_, sizeof told_ - 2 - (size_t)size_, __VA_ARGS__);           \
        if (size_ > (int)sizeof told_ - 2)                                                         \
            size_ = sizeof told_ - 2;                                                              \
        told_[size_++] = '\n';                                                                     \
        if (write(2, told_, (size_t)size_) < 0)                                                    \
            abort();                                                                               \
    } while (0)

static inline void count_one(atomic_long *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Xorshift: the same seed is the same run, as far as threads allow. */
static inline uint64_t next(random_t *random) {
    uint64_t x = random->state | 1;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    random->state = x;
    return x;
}

static inline int below(random_t *random, int limit) {
    return (int)((next(random) >> 33) % (uint64_t)limit);
}

/* Milliseconds of a clock that only goes forward. */
static inline long long now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static inline int is_over(void) {
    return atomic_load_explicit(&run.over, memory_order_relaxed);
}

/* How much slower than alone the machine may be; a tool like valgrind is given more patience. */
static inline int patience_factor(void) {
    return run.patience < 60 ? 1 : run.patience / 60;
}

static inline void start_thread(pthread_t *thread, void *(*body)(void *), uint64_t seed) {
    int error = pthread_create(thread, NULL, body, (void *)(uintptr_t)(seed | 1));

    if (error != 0) {
        fprintf(stderr, "no thread: %s\n", strerror(error));
        _exit(2);
    }
}

/* The watch: names a thread that hangs, and looks at the memory now and then. */

enum { BEATS = 64 };

static beat_t beats[BEATS];
static pthread_t watch;
static struct {
    int percent;
    long now, peak;
} memory[] = {{10, 0, 0}, {50, 0, 0}, {100, 0, 0}};

static inline void doing(beat_t *beat, const char *what) {
    atomic_store(&beat->what, what);
    atomic_store(&beat->since, now());
}

static inline beat_t *begin_beat(const char *what) {
    int i, free_one;

    for (i = 0; i < BEATS; i++) {
        free_one = 0;
        if (atomic_compare_exchange_strong(&beats[i].taken, &free_one, 1)) {
            doing(&beats[i], what);
            atomic_store(&beats[i].taken, 2);
            return &beats[i];
        }
    }
    fprintf(stderr, "more threads than are watched\n");
    _exit(2);
}

static inline void end_beat(beat_t *beat) {
    atomic_store(&beat->taken, 0);
}

static inline void look_for_hangs(void) {
    int i, hangs = 0;
    long long age;

    for (i = 0; i < BEATS; i++) {
        if (atomic_load(&beats[i].taken) != 2)
            continue;
        age = now() - atomic_load(&beats[i].since);
        if (age > run.patience * 1000LL) {
            fprintf(stderr, "HANGS: thread %d, for %lld s: %s\n", i, age / 1000,
                    atomic_load(&beats[i].what));
            hangs++;
        }
    }
    /* Time to look at it with a debugger, if somebody has asked for that. */
    if (hangs > 0) {
        if (getenv("STRESS_STOP") != NULL)
            raise(SIGSTOP);
        _exit(3);
    }
}

/* Resident memory in KiB. */
static inline void look_at_memory(long *now_used, long *most) {
    char line[200];
    FILE *status = fopen("/proc/self/status", "r");

    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            *now_used = atol(line + 6);
        if (strncmp(line, "VmHWM:", 6) == 0)
            *most = atol(line + 6);
    }
    if (status != NULL)
        fclose(status);
}

static inline void find_python(void) {
    union {
        void *address;
        int (*ensure)(void);
        void (*release)(int);
    } found;

    found.address = dlsym(RTLD_DEFAULT, "PyGILState_Release");
    atomic_store(&release_gil, found.release);
    found.address = dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
    atomic_store(&ensure_gil, found.ensure);
}

static inline void *watching(void *unused) {
    size_t mark = 0;
    double done;

    (void)unused;
    while (atomic_load(&run.over) < 2) {
        done = (double)(now() - run.begin) / 1000.0 / run.seconds * 100.0;
        while (mark < 3 && done >= memory[mark].percent) {
            look_at_memory(&memory[mark].now, &memory[mark].peak);
            mark++;
        }
        if (done >= 100.0 && atomic_load(&run.over) == 0)
            atomic_store(&run.over, 1);
        if (done > 1.0)
            find_python();
        look_for_hangs();
        usleep(50000);
    }
    return NULL;
}

static inline void start_watch(void) {
    run.begin = now();
    start_thread(&watch, watching, 0);
}

static inline void stop_watch(void) {
    atomic_store(&run.over, 2);
    pthread_join(watch, NULL);
}

static inline uint64_t set_up(int count, char **arguments) {
    uint64_t seed;

    run.seconds = count > 1 ? atof(arguments[1]) : 10.0;
    seed = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    run.patience = count > 3 ? atoi(arguments[3]) : 60;
    if (run.seconds <= 0.0 || run.patience <= 0) {
        fprintf(stderr, "usage: %s SECONDS [SEED [PATIENCE]]\n", arguments[0]);
        exit(2);
    }
    printf("%-22s %.0f\n%-22s %llu\n", "seconds", run.seconds, "seed", (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

static inline void report(const operation_t *operations, int count) {
    int i;

    for (i = 0; i < count; i++) {
        printf("%-22s %ld\n", operations[i].name, atomic_load(&operations[i].done));
    }
    printf("%-22s %ld\n", "short-lived threads", atomic_load(&short_threads));
    printf("%-22s %ld\n", "forks of strangers", atomic_load(&forks_of_strangers));
    printf("%-22s %ld\n", "forks refused", atomic_load(&refused_forks));
    printf("%-22s %ld\n", "imports lost", atomic_load(&lost_imports));
    printf("%-22s %ld\n", "handles that died late", atomic_load(&late_deaths));
    for (i = 0; i < 3; i++)
        printf("memory at %3d %%        %ld KiB, peak %ld KiB\n", memory[i].percent, memory[i].now,
               memory[i].peak);
}

#endif
