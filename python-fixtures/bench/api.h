typedef struct {
    int x, y;
} point_t;

/* The sum. */
int add1(int, int);
void nop(void);
/* Twice as much. */
double scale(double);
/* Length of a text. */
int len(const char *);
/* x + y. */
int sum(point_t *);
/* Python raises: -1, and nothing is printed. */
int raises(int);
/* One more, as a C function of the DLL says that Python calls. */
int round_trip(int);
/* CLOCK_MONOTONIC in nanoseconds when the Python code of the DLL began (0) or ended (1) to run for the
   first time. */
long long init_time(int end);
