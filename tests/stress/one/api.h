typedef struct {
    int x, y;
} point_t;
typedef int (*unary_t)(int);

/* Values. */
int add(int, int);
long long mix(signed char, unsigned, long long, double);
int length(const char *);
/* The text backwards; it lives until this thread calls again. */
const char *backwards(const char *);
/* Exchanges the two numbers, in place. */
point_t *swap(point_t *);
point_t moved(point_t, int);
int saved_errno(void);

/* The sum of what this thread has given, in a threading.local that counts how often it is made. */
int local_sum(int);

/* The function is called with the number, by way of Python. */
int apply(unary_t, int);
/* The same in a Python thread each. Gives the sum. */
int in_threads(unary_t, int count);

/* Fails: -7, or 1000 + x from a handler. 0: raises; 1: wrong type; 2: too big; 3: no words. */
int fails(int kind);
int handled(int x);
/* What a function attached again and again gives: 10 * x and 0 to 7. */
int slot(int x);
void attach(int which);

/* Imports a module, sometimes anew. Gives 42. */
int import_one(int which);
/* Cycles, and sometimes a collection. Gives how many were made. */
int garbage(int count);
/* Sleeps without the GIL; keeps it, in one C function. Milliseconds. */
int nap(int);
int hold(int);
/* os.fork(); the exit code of the child. */
int os_fork(void);

/* Python objects that the host holds; a dead one is -8. */
void *handle_new(int);
int handle_value(void *);
int handle_drop(void *);

/* What must be even at the end: 0: handles; 1: locals that were made; 2: and that are gone. */
int count(int what);

int stress_one_start(void);
int stress_one_enter(void);
int stress_one_leave(void);
const char *stress_one_last_error(void);
