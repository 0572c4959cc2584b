#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "plan.h"
#include "run.h"

// Above what a shell, a DLL or Python's subprocess would name by number.
enum { FIRST_EVENTS_DESCRIPTOR = 100 };

static int events = -1;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void) {
    pthread_mutex_lock(&writing);
}

static void in_parent(void) {
    pthread_mutex_unlock(&writing);
}

// The thread that holds a mutex does not always count as its owner in the child, so the mutex is
// made anew instead of unlocked.
static void in_child(void) {
    pthread_mutex_init(&writing, NULL);
}

bool events_start(int descriptor) {
    events = fcntl(descriptor, F_DUPFD_CLOEXEC, FIRST_EVENTS_DESCRIPTOR);
    if (events < 0) {
        return false;
    }
    // Closing a standard descriptor for good would give its number to the next file that the DLL
    // opens.
    if (descriptor <= STDERR_FILENO) {
        const int null = open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY);
        if (null < 0 || dup2(null, descriptor) < 0) {
            return false;
        }
        if (null > STDERR_FILENO) {
            close(null);
        }
    } else {
        close(descriptor);
    }
    // Also runs for forks that the DLL makes, such as os.fork() in its Python code.
    errno = pthread_atfork(before_fork, in_parent, in_child);
    return errno == 0;
}

void outcome_fail(struct outcome *outcome, const char *format, ...) {
    va_list arguments;
    outcome->ok = false;
    free(outcome->error);
    va_start(arguments, format);
    if (vasprintf(&outcome->error, format, arguments) < 0) {
        outcome->error = NULL;
    }
    va_end(arguments);
}

void outcome_release(struct outcome *outcome) {
    json_free(&outcome->value);
    free(outcome->error);
    outcome->error = NULL;
}

// Writes without ever being killed by SIGPIPE, whose disposition belongs to the DLL and is reported
// as a fact: it is blocked, and taken away if this write caused it.
static bool write_all(const char *bytes, size_t length) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    bool good = true;
    while (good && length > 0) {
        const ssize_t written = write(events, bytes, length);
        if (written >= 0) {
            // Only a full pipe and a signal together make a write of a pipe partial.
            bytes += written;
            length -= (size_t)written;
        } else {
            good = errno == EINTR;
        }
    }
    if (!good && errno == EPIPE && !sigismember(&pending, SIGPIPE)) {
        const struct timespec at_once = {0};
        sigtimedwait(&pipe_signal, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

static void send(struct json *line) {
    json_raw(line, "}\n");
    pthread_mutex_lock(&writing);
    const bool good = write_all(line->bytes, line->length);
    pthread_mutex_unlock(&writing);
    json_free(line);
    if (!good) {
        _exit(EXIT_EVENTS_LOST);
    }
}

static void key_integer(struct json *line, const char *key, int64_t value) {
    json_raw(line, ",\"");
    json_raw(line, key);
    json_raw(line, "\":");
    json_integer(line, value);
}

static void pid_and_time(struct json *line) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    key_integer(line, "pid", getpid());
    key_integer(line, "time", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static void step_and_place(struct json *line, const struct step *step) {
    key_integer(line, "step", (int64_t)step->line);
    key_integer(line, "thread", current_thread()->number);
    pid_and_time(line);
    json_raw(line, ",\"op\":");
    json_string(line, step->kind->name);
}

void event_start(void) {
    struct json line = {0};
    json_raw(&line, "{\"event\":\"start\",\"host\":\"c\"");
    key_integer(&line, "format", PLAN_FORMAT);
    pid_and_time(&line);
    send(&line);
}

void event_begin(const struct step *step) {
    struct json line = {0};
    json_raw(&line, "{\"event\":\"begin\"");
    step_and_place(&line, step);
    send(&line);
}

void event_end(const struct step *step, struct outcome *outcome) {
    struct json line = {0};
    json_raw(&line, "{\"event\":\"end\"");
    step_and_place(&line, step);
    json_raw(&line, ",\"ok\":");
    json_bool(&line, outcome->ok);
    json_raw(&line, ",\"value\":");
    if (outcome->ok && outcome->value.length > 0) {
        json_raw_bytes(&line, outcome->value.bytes, outcome->value.length);
    } else {
        json_raw(&line, "null");
    }
    key_integer(&line, "errno", outcome->error_number);
    json_raw(&line, ",\"error\":");
    json_string(&line, outcome->error);
    outcome_release(outcome);
    send(&line);
}

void event_hook(int argument, int value) {
    struct json line = {0};
    json_raw(&line, "{\"event\":\"hook\"");
    key_integer(&line, "thread", current_thread()->number);
    pid_and_time(&line);
    key_integer(&line, "argument", argument);
    key_integer(&line, "value", value);
    send(&line);
}

void event_finish(int code) {
    struct json line = {0};
    json_raw(&line, "{\"event\":\"finish\"");
    pid_and_time(&line);
    key_integer(&line, "code", code);
    send(&line);
}
