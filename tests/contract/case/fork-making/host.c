/* links: run
   until: 3.11 */
#include "../host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/api.h"

static __thread int is_slow;
static volatile int is_inside;

/* In front of libpython's: one thread keeps, for longer than usual, the lock around the list of
   thread states, which PyThreadState_New takes without the GIL. Up to 3.11 the child of a fork
   waits for that lock before it makes a new one. Where libpython binds its calls to itself, as
   Debian's does, this is never called, and the case shows less. */
void PyThread_release_lock(void *lock) {
    void (*release)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "PyThread_release_lock");

    if (is_slow) {
        is_slow = 0;
        is_inside = 1;
        usleep(400000);
    }
    if (release == NULL) {
        void *python = dlopen(getenv("EMBED_DLL_LIBPYTHON"), RTLD_NOW | RTLD_NOLOAD);

        release = (void (*)(void *))dlsym(python, "PyThread_release_lock");
    }
    release(lock);
}

static void *newcomer(void *unused) {
    (void)unused;
    is_slow = 1;
    run("result = 1");
    return NULL;
}

/* While another thread makes its first call. */
int main(void) {
    pthread_t thread;
    int status, i;
    pid_t child;

    run("result = 0");
    pthread_create(&thread, NULL, newcomer, NULL);
    for (i = 0; !is_inside && i < 300; i++)
        usleep(1000);
    child = fork();
    if (child == 0)
        _exit(run("result = 42"));
    /* A child that hangs does so in its fork(), too early for an alarm of its own. */
    for (i = 0; waitpid(child, &status, WNOHANG) == 0; i++) {
        if (i == 500)
            kill(child, SIGKILL);
        usleep(10000);
    }
    if (WIFEXITED(status))
        SHOW("L05 the child of a fork beside a first call: %d\n", WEXITSTATUS(status));
    else
        SHOW("L05 the child of a fork beside a first call ended by signal %d\n", WTERMSIG(status));
    pthread_join(thread, NULL);
    SHOW("L05 the parent goes on: %d\n", run("result = 42"));
    return NORMAL_EXIT;
}
