// A DLL without Python, with a function for each thing that a host can get wrong.
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((constructor)) static void loaded(void) {
    puts("loaded");
    fflush(stdout);
}

__attribute__((destructor)) static void unloaded(void) {
    puts("unloaded");
    fflush(stdout);
}

int add(int a, int b) {
    return a + b;
}

long six(int a, long b, int c, long d, int e, long f) {
    return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}

double mixed(int a, double x, long b, double y, int c, double z) {
    return a + 10 * x + 100.0 * (double)b + 1000 * y + 10000.0 * c + 100000 * z;
}

double number(int which) {
    const double numbers[] = {NAN, INFINITY, -INFINITY, -0.0, 1.0, 0.1, 5e-324, 1e300, 1e15};
    return numbers[which];
}

void nothing(void) {}

void *same(void *pointer) {
    return pointer;
}

const char *text(const char *given) {
    return given != NULL ? given : "a \"quoted\"\\\n\t\x01\x7f caf\xe9 \xf0\x9f\x90\x8d \xe2\x82";
}

const char *no_text(void) {
    return NULL;
}

const char *environment(const char *name) {
    return getenv(name);
}

int errno_before(void) {
    return errno;
}

int errno_after(int value) {
    errno = value;
    return -1;
}

struct point {
    signed char tag;
    short small;
    int x;
    long large;
    float single;
    double y;
};

int move(struct point *point) {
    point->tag = (signed char)-point->tag;
    point->small++;
    point->x += 2;
    point->large *= 3;
    point->single /= 4;
    point->y -= 5;
    return (int)sizeof *point;
}

int (*callback)(int);

int combine(int x, int y) {
    errno = 33;
    return 10 * x + y;
}

int use_callback(int x) {
    errno = 0;
    const int value = callback(x);
    return errno == 33 ? value : -1;
}

static void bye(void) {
    puts("bye");
    fflush(stdout);
}

int say_bye(void) {
    return atexit(bye);
}

void crash(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

int overflow(int depth) {
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : overflow(depth + 1) + frame[0];
}

int write_to_nobody(void) {
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    close(ends[0]);
    return (int)write(ends[1], "x", 1);
}

void leave_thread(void) {
    pthread_exit(NULL);
}

// Both come back, the child first.
int fork_here(void) {
    const pid_t child = fork();
    if (child > 0) {
        waitpid(child, NULL, 0);
    }
    return child > 0;
}

int blocked_signals(void) {
    sigset_t blocked;
    int count = 0;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number <= 64; number++) {
        count += sigismember(&blocked, number) == 1;
    }
    return count;
}

int has_alternate_stack(void) {
    stack_t stack;
    return sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0;
}

long stack_size(void) {
    pthread_attr_t attributes;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstacksize(&attributes, &size);
        pthread_attr_destroy(&attributes);
    }
    return (long)size;
}

int lowest_free_descriptor(void) {
    const int copy = dup(2);
    close(copy);
    return copy;
}
