// The C host: runs one plan and reports what happened. docs/plan-format.md describes both.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "binding.h"
#include "event.h"
#include "facts.h"
#include "ffi.h"
#include "json.h"
#include "plan.h"
#include "run.h"

static const char usage[] = "usage: host --plan FILE --events-fd N [--parent-death kill]\n"
                            "       host --check FILE\n"
                            "       host --list\n";

struct options {
    const char *plan;
    const char *check;
    const char *events;
    bool die_with_parent;
    bool list;
};

static _Noreturn void wrong_usage(const char *reason, const char *argument) {
    fprintf(stderr, "host: %s%s\n%s", reason, argument, usage);
    exit(EXIT_BAD_PLAN);
}

static struct options parse_options(int count, char **arguments) {
    struct options options = {0};
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        const char *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (strcmp(name, "--list") == 0) {
            options.list = true;
            continue;
        }
        if (strcmp(name, "--plan") == 0) {
            options.plan = value;
        } else if (strcmp(name, "--check") == 0) {
            options.check = value;
        } else if (strcmp(name, "--events-fd") == 0) {
            options.events = value;
        } else if (strcmp(name, "--parent-death") == 0) {
            if (value != NULL && strcmp(value, "kill") != 0) {
                wrong_usage("--parent-death takes kill, not ", value);
            }
            options.die_with_parent = true;
        } else {
            wrong_usage("unknown option ", name);
        }
        if (value == NULL) {
            wrong_usage("a value is missing behind ", name);
        }
        i++;
    }
    const int modes = options.list + (options.plan != NULL) + (options.check != NULL);
    if (modes != 1 || (options.plan != NULL) != (options.events != NULL)) {
        wrong_usage("one of --plan with --events-fd, --check and --list is needed", "");
    }
    return options;
}

static int descriptor(const char *text) {
    char *end;
    errno = 0;
    const long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0 || number > 1000000) {
        wrong_usage("--events-fd takes the number of a descriptor, not ", text);
    }
    return (int)number;
}

static void list(void) {
    for (const struct step_kind *kind = step_kinds; kind->name != NULL; kind++) {
        printf("step %s\n", kind->name);
    }
    for (const char *letter = ffi_letters; *letter != '\0'; letter++) {
        printf("type %c\n", *letter);
    }
    for (const struct fact *fact = facts; fact->name != NULL; fact++) {
        printf("fact %s\n", fact->name);
    }
}

static void read_or_exit(const char *path, struct step_list *steps) {
    struct plan_error error;
    switch (plan_read(path, steps, &error)) {
    case PLAN_READ:
        return;
    case PLAN_WRONG:
        fprintf(stderr, "%s:%zu:%zu: %s\n", path, error.line, error.column, error.text);
        break;
    case PLAN_UNREADABLE:
        fprintf(stderr, "host: cannot read the plan %s: %s\n", path, strerror(errno));
        break;
    }
    exit(EXIT_BAD_PLAN);
}

// The parent may have ended before prctl: then nothing would ever kill us. Whoever adopts us has
// another pid.
static void die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        fprintf(stderr, "host: --parent-death: %s\n", strerror(errno));
        exit(EXIT_BAD_PLAN);
    }
    if (getppid() != parent) {
        raise(SIGKILL);
    }
}

// Ignored and blocked signals are inherited (nohup, background jobs of a shell): what a plan
// reports must not depend on who started the program.
static void reset_signals(void) {
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        // Fails for SIGKILL, SIGSTOP and the two of libpthread, which nobody can change.
        signal(number, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int count, char **arguments) {
    const pid_t parent = getppid();
    const struct options options = parse_options(count, arguments);
    struct step_list steps = {0};
    if (options.die_with_parent) {
        die_with_parent(parent);
    }
    if (options.list) {
        list();
        return fflush(stdout) == 0 ? 0 : EXIT_EVENTS_LOST;
    }
    if (options.check != NULL) {
        read_or_exit(options.check, &steps);
        return 0;
    }
    const int events = descriptor(options.events);
    read_or_exit(options.plan, &steps);
    reset_signals();
    json_start();
    if (!events_start(events) || !bindings_start()) {
        fprintf(stderr, "host: cannot write events to descriptor %d: %s\n", events,
                strerror(errno));
        return EXIT_EVENTS_LOST;
    }
    run_plan(&steps);
}
