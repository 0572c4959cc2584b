/* Threads that start, call, end, fork, raise and import, all at once, for as long as is wanted.

   usage: host SECONDS [SEED [PATIENCE]]

   Every result is compared. A thread that makes no progress for PATIENCE seconds (60) is named, and
   the process ends with 3. Exit code 17 is a run without a wrong result, 1 one with. */
#include "host.h"

#include "one/api.h"
#include "two/api.h"

enum { WORKERS = 4, SPAWNERS = 2, CREW = 6, MOST_CALLS = 200, CHILD_LIMIT = 30 };

static pthread_barrier_t together;
static pthread_key_t at_end;

/* Twice the number, by way of one of the DLLs. */
static int back(int x) {
    switch (x % 4) {
    case 0:
        return add(x, x);
    case 1:
        return two_add(x, x);
    case 2:
        return two_apply(back, x + 2) - 4;
    default:
        return apply(back, x + 1) - 2;
    }
}

/* The exit code of the child of a fork; a hang ends with a signal. */
static int child_of(pid_t child) {
    int status = 0, waited;

    for (waited = 0; waitpid(child, &status, WNOHANG) == 0; waited++) {
        if (waited == CHILD_LIMIT * patience_factor() * 100) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -SIGKILL;
        }
        usleep(10000);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

enum { USABLE = 42, REFUSED = 43, WRONG = 44 };

/* Each DLL says for itself that the interpreter cannot go on. */
static int says_so(const char *error) {
    return error != NULL && strstr(error, "forked") != NULL;
}

static int fork_and_call(void) {
    pid_t child = fork();

    if (child == 0) {
        int result = add(20, 22);

        if (result == 42 && two_add(result, 1) == 43 && back(3) == 6)
            _exit(USABLE);
        _exit(says_so(stress_one_last_error()) || says_so(stress_two_last_error()) ? REFUSED
                                                                                   : WRONG);
    }
    if (child < 0)
        return -1;
    return child_of(child);
}

/* Not without a GIL: what CPython itself does in the child waits for locks that a thread which does
   not exist there may have had (3.13.15). Only builds without a GIL export this function. */
static void check_fork(const char *where) {
    int code;

    if (dlsym(RTLD_DEFAULT, "PyUnstable_Module_SetGIL") != NULL)
        return;
    code = fork_and_call();
    CHECK(code == USABLE || code == REFUSED, "%s: the child ended with %d", where, code);
    if (code == REFUSED)
        count_one(&refused_forks);
}

static int back_forks(int x) {
    check_fork("fork in a callback");
    return 2 * x;
}

/* The operations. */

static void numbers(random_t *random) {
    int x = below(random, 1000), y = below(random, 1000);

    CHECK(add(x, y) == x + y, "add(%d, %d)", x, y);
    CHECK(mix((signed char)-x % 100, 4000000000U, 1LL << 40, y) ==
              (signed char)-x % 100 + 4000000000LL + (1LL << 40) + y,
          "mix(%d, %d)", x, y);
    CHECK(two_add(x, y) == x + y, "two_add(%d, %d)", x, y);
}

static void texts(random_t *random) {
    char text[32], *end;
    const char *turned;
    int size = below(random, (int)sizeof text - 1), i;

    for (i = 0; i < size; i++)
        text[i] = (char)('a' + below(random, 26));
    text[size] = '\0';
    CHECK(length(text) == size, "length(%s)", text);
    turned = backwards(text);
    for (end = text + size; turned != NULL && end > text && *turned == end[-1]; turned++)
        end--;
    CHECK(turned != NULL && end == text && *turned == '\0', "backwards(%s)", text);
}

static void structs(random_t *random) {
    int x = below(random, 1000);
    point_t point = {x, x + 1}, *same = swap(&point), other;

    CHECK(same == &point && point.x == x + 1 && point.y == x, "swap: %d %d", point.x, point.y);
    other = moved(point, 5);
    CHECK(other.x == x + 6 && other.y == x + 5 && point.y == x, "moved: %d %d", other.x, other.y);
}

static void errnos(random_t *random) {
    int number = 1 + below(random, 100), seen;

    errno = number;
    seen = saved_errno();
    CHECK(seen == number && errno == number, "errno %d: %d, %d", number, seen, errno);
}

static void locals(random_t *random) {
    int x = 1 + below(random, 10), before = local_sum(0);

    CHECK(local_sum(x) == before + x, "local_sum(%d) after %d", x, before);
}

static void callbacks(random_t *random) {
    int x = below(random, 1000);

    CHECK(apply(back, x) == 2 * x, "apply(back, %d)", x);
    CHECK(two_apply(back, x) == 2 * x, "two_apply(back, %d)", x);
}

static void python_threads(random_t *random) {
    int number = 1 + below(random, 4), sum = 0, result, i;

    for (i = 0; i < number; i++)
        sum += 2 * i + i + 1;
    result = in_threads(back, number);
    CHECK(result == sum, "in_threads(%d): %d", number, result);
}

static void failures(random_t *random) {
    int kind = below(random, 4), result = fails(kind);
    const char *text = stress_one_last_error();

    CHECK(result == -7 && text != NULL && strlen(text) > 4, "fails(%d): %d", kind, result);
    CHECK(handled(kind) == 1000 + kind, "handled(%d)", kind);
    CHECK(two_fails(kind) == -9 && stress_two_last_error() != NULL, "two_fails(%d)", kind);
}

static void attaching(random_t *random) {
    int x = below(random, 100), result;

    attach(below(random, 8));
    result = slot(x) - 10 * x;
    CHECK(result >= 0 && result < 8, "slot(%d): %d more", x, result);
}

static void importing(random_t *random) {
    int which = below(random, 1000), result = import_one(which);

    /* What another thread removes from sys.modules while this one imports it is a KeyError. */
    CHECK(result == 42 || result == 0, "import_one(%d): %d", which, result);
    if (result == 0)
        count_one(&lost_imports);
}

static void collecting(random_t *random) {
    int number = 1 + below(random, 64);

    CHECK(garbage(number) == number, "garbage(%d)", number);
}

static void handles(random_t *random) {
    void *held[8];
    int number = 1 + below(random, 8), i, value;

    for (i = 0; i < number; i++)
        held[i] = handle_new(100 + i);
    for (i = 0; i < number; i++)
        CHECK(held[i] != NULL && handle_value(held[i]) == 100 + i, "handle %d", i);
    for (i = 0; i < number; i++) {
        value = handle_drop(held[i]);
        CHECK(value == 100 + i, "handle_drop: %d, not %d", value, 100 + i);
    }
    /* Where there is no GIL, a fork looks at the frames of all threads to see whether they can be
       stopped; one that it still holds keeps its variables a moment longer. */
    for (i = 0; (value = handle_value(held[0])) != -8 && i < 500; i++)
        usleep(10000);
    if (i > 0)
        count_one(&late_deaths);
    CHECK(value == -8, "a dead handle: %d", value);
}

static void batches(random_t *random) {
    int number = 1 + below(random, 50), i;

    CHECK(stress_one_enter() == 0, "enter: %s", stress_one_last_error());
    for (i = 0; i < number; i++)
        CHECK(add(i, number) == i + number, "add inside");
    CHECK(stress_two_enter() == 0, "enter of the other: %s", stress_two_last_error());
    CHECK(two_apply(back, number) == 2 * number, "a callback inside");
    CHECK(stress_two_leave() == 0, "leave of the other: %s", stress_two_last_error());
    CHECK(stress_one_enter() == 0 && stress_one_leave() == 0, "nested");
    CHECK(stress_one_leave() == 0, "leave: %s", stress_one_last_error());
    CHECK(stress_one_leave() == -1, "leave without enter");
}

static void napping(random_t *random) {
    int time = below(random, 8);

    CHECK(nap(time) == time, "nap(%d)", time);
}

static void holding(random_t *random) {
    /* More than a second now and then: no fork waits that long for the GIL. */
    int time = below(random, 40) == 0 ? 1300 : below(random, 30);

    CHECK(hold(time) == time, "hold(%d)", time);
}

/* A thread that the host attaches itself, with what libpython exports. */
static void attached_by_host(random_t *random) {
    int x = below(random, 100), state;
    int (*ensure)(void) = atomic_load(&ensure_gil);
    void (*release)(int) = atomic_load(&release_gil);

    if (ensure == NULL || release == NULL)
        return;
    state = ensure();
    CHECK(add(x, 1) == x + 1 && two_apply(back, x) == 2 * x, "attached by the host");
    release(state);
}

static void forking(random_t *random) {
    (void)random;
    check_fork("fork");
}

static void forking_in_callback(random_t *random) {
    int x = below(random, 100);

    CHECK(apply(back_forks, x) == 2 * x, "apply(back_forks, %d)", x);
}

static void forking_inside(random_t *random) {
    CHECK(stress_one_enter() == 0, "enter: %s", stress_one_last_error());
    if (below(random, 2) == 0) {
        CHECK(stress_two_enter() == 0, "enter of the other: %s", stress_two_last_error());
        check_fork("fork between enter and leave of both");
        CHECK(stress_two_leave() == 0, "leave of the other: %s", stress_two_last_error());
    }
    check_fork("fork between enter and leave");
    CHECK(stress_one_leave() == 0, "leave: %s", stress_one_last_error());
}

static void forking_in_python(random_t *random) {
    int code = os_fork();

    (void)random;
    CHECK(code == USABLE, "os.fork(): %d", code);
}

static operation_t operations[] = {
    {"numbers", numbers, 400, 1, 0},
    {"texts", texts, 200, 1, 0},
    {"structs", structs, 200, 1, 0},
    {"errno", errnos, 100, 1, 0},
    {"locals", locals, 100, 1, 0},
    {"callbacks", callbacks, 200, 1, 0},
    {"attached by host", attached_by_host, 50, 1, 0},
    {"handles", handles, 60, 1, 0},
    {"failures", failures, 40, 1, 0},
    {"attaching", attaching, 40, 1, 0},
    {"batches", batches, 40, 1, 0},
    {"python threads", python_threads, 10, 0, 0},
    {"importing", importing, 10, 0, 0},
    {"collecting", collecting, 10, 0, 0},
    {"napping", napping, 10, 0, 0},
    {"holding", holding, 2, 0, 0},
    {"forking", forking, 1, 0, 0},
    {"fork in callback", forking_in_callback, 1, 0, 0},
    {"fork inside enter", forking_inside, 1, 0, 0},
    {"os.fork", forking_in_python, 1, 0, 0},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };

static void run_operation(operation_t *operation, random_t *random, beat_t *beat) {
    doing(beat, operation->name);
    operation->run(random);
    count_one(&operation->done);
}

/* One operation, chosen by weight; of the quick ones only, if so wanted. */
static void one_of(random_t *random, beat_t *beat, int quick) {
    int total = 0, chosen, i;

    for (i = 0; i < OPERATIONS; i++)
        total += quick && !operations[i].quick ? 0 : operations[i].weight;
    chosen = below(random, total);
    for (i = 0; i < OPERATIONS; i++) {
        chosen -= quick && !operations[i].quick ? 0 : operations[i].weight;
        if (chosen < 0)
            break;
    }
    run_operation(&operations[i], random, beat);
}

static void *worker(void *seed) {
    random_t random = {(uint64_t)(uintptr_t)seed};
    beat_t *beat = begin_beat("the first call");
    int i;

    pthread_barrier_wait(&together);
    CHECK(add(1, 2) == 3 && two_add(3, 4) == 7, "the first calls");
    pthread_barrier_wait(&together);
    /* However slow the machine is: all of them once. */
    for (i = 0; i < OPERATIONS; i++)
        run_operation(&operations[i], &random, beat);
    while (!is_over())
        one_of(&random, beat, 0);
    doing(beat, "ending");
    end_beat(beat);
    return NULL;
}

/* In the destructor of a key: the thread is ending, and calls once more. */
static void last_call(void *number) {
    int x = (int)(uintptr_t)number;

    CHECK(add(x, 1) == x + 1, "a call from the destructor of a key");
}

static void *short_lived(void *seed) {
    random_t random = {(uint64_t)(uintptr_t)seed};
    beat_t *beat = begin_beat("beginning");
    int calls = 1 + below(&random, MOST_CALLS), last = below(&random, 4) == 0;

    /* Some call for the first time when they end. */
    if (last && below(&random, 4) == 0)
        calls = 0;
    if (last)
        pthread_setspecific(at_end, (void *)(uintptr_t)(1 + below(&random, 100)));
    while (calls-- > 0 && !is_over())
        one_of(&random, beat, 1);
    doing(beat, "ending");
    end_beat(beat);
    count_one(&short_threads);
    if (below(&random, 2) == 0)
        pthread_exit(NULL);
    return NULL;
}

static void *spawner(void *seed) {
    random_t random = {(uint64_t)(uintptr_t)seed};
    beat_t *beat = begin_beat("spawning");
    pthread_t crew[CREW];
    int number, i;

    pthread_barrier_wait(&together);
    CHECK(two_add(1, 2) == 3 && add(3, 4) == 7, "the first calls");
    pthread_barrier_wait(&together);
    while (!is_over()) {
        number = 1 + below(&random, CREW);
        doing(beat, "joining short-lived threads");
        for (i = 0; i < number; i++)
            start_thread(&crew[i], short_lived, next(&random));
        for (i = 0; i < number; i++)
            pthread_join(crew[i], NULL);
    }
    end_beat(beat);
    return NULL;
}

/* Forks in a thread that calls nothing else, and so has no state in Python. */
static void *forker(void *seed) {
    random_t random = {(uint64_t)(uintptr_t)seed};
    beat_t *beat = begin_beat("forking");

    pthread_barrier_wait(&together);
    /* Not while the others make the first calls: where a thread is in the middle of dlopen(),
       glibc's loader is of no use in the child. */
    pthread_barrier_wait(&together);
    while (!is_over()) {
        doing(beat, "forking, in a thread that only forks");
        check_fork("fork of a stranger");
        count_one(&forks_of_strangers);
        usleep((useconds_t)below(&random, 300000));
    }
    end_beat(beat);
    return NULL;
}

/* How many states libpython has for threads; -1: it does not tell. */
static int thread_states(void) {
    union {
        void *address;
        void *(*get)(void);
        void *(*of)(void *);
    } main_interpreter, first, next_one;
    void *state;
    int number = 0;

    main_interpreter.address = dlsym(RTLD_DEFAULT, "PyInterpreterState_Main");
    first.address = dlsym(RTLD_DEFAULT, "PyInterpreterState_ThreadHead");
    next_one.address = dlsym(RTLD_DEFAULT, "PyThreadState_Next");
    if (main_interpreter.address == NULL || first.address == NULL || next_one.address == NULL)
        return -1;
    for (state = first.of(main_interpreter.get()); state != NULL; state = next_one.of(state))
        number++;
    return number;
}

/* All other threads have ended: what they had in Python is gone with them. What remains is of this
   thread, and of the one that started Python: its state lives as long as the interpreter. */
static int at_the_end(void) {
    int left = count(0), made = count(1), gone = count(2), states = thread_states();

    CHECK(left == 0, "%d handles are left", left);
    CHECK(made - gone <= 1, "%d of %d threading.local are left", made - gone, made);
    CHECK(states <= 2, "%d thread states are left", states);
    report(operations, OPERATIONS);
    printf("%-22s %d made, %d left\n", "threading.local", made, made - gone);
    printf("%-22s %d\n", "thread states left", states);
    printf("%-22s %ld\n", "wrong", atomic_load(&failures_seen));
    return atomic_load(&failures_seen) == 0 ? 17 : 1;
}

int main(int count_of_arguments, char **arguments) {
    pthread_t threads[WORKERS + SPAWNERS + 1];
    uint64_t seed = set_up(count_of_arguments, arguments);
    int i;

    pthread_barrier_init(&together, NULL, WORKERS + SPAWNERS + 1);
    pthread_key_create(&at_end, last_call);
    start_watch();
    for (i = 0; i < WORKERS + SPAWNERS + 1; i++)
        start_thread(&threads[i],
                     i < WORKERS              ? worker
                     : i < WORKERS + SPAWNERS ? spawner
                                              : forker,
                     seed * 1000 + (uint64_t)i);
    for (i = 0; i < WORKERS + SPAWNERS + 1; i++)
        pthread_join(threads[i], NULL);
    stop_watch();
    return at_the_end();
}
