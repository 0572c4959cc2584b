// signals, locale, threads.
#include <dirent.h>
#include <locale.h>
#include <signal.h>
#include <stddef.h>

#include "facts.h"

// By number; sigabbrev_np has them only from glibc 2.32 on. Numbers 1 to 31 are the same on x86-64
// and AArch64 (signal(7)). SIGKILL and SIGSTOP are left out: they have no disposition.
static const char *const signal_names[] = {
    NULL,        "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    NULL,      "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   NULL,      "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

static const char *disposition(int number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) {
        return NULL;
    }
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        return "handler";
    }
    return action.sa_handler == SIG_DFL   ? "default"
           : action.sa_handler == SIG_IGN ? "ignore"
                                          : "handler";
}

void fact_signals(struct json *json) {
    const char *separator = "{";
    for (int i = 1; i < (int)(sizeof signal_names / sizeof signal_names[0]); i++) {
        if (signal_names[i] != NULL) {
            json_raw(json, separator);
            json_string(json, signal_names[i]);
            json_raw(json, ":");
            json_string(json, disposition(i));
            separator = ",";
        }
    }
    json_raw(json, "}");
}

void fact_locale(struct json *json) {
    json_raw(json, "{\"ctype\":");
    json_string(json, setlocale(LC_CTYPE, NULL));
    json_raw(json, ",\"all\":");
    json_string(json, setlocale(LC_ALL, NULL));
    json_raw(json, "}");
}

void fact_threads(struct json *json) {
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) {
        json_raw(json, "null");
        return;
    }
    int64_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(tasks)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(tasks);
    json_integer(json, count);
}
