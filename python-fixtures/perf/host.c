/* links: perf */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int add1(int, int);

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The time goes to stderr, so that stdout is the same in every run. The optional argument is the
   number of calls. */
int main(int argc, char **argv) {
    long calls = argc > 1 ? strtol(argv[1], NULL, 10) : 10000;
    double start;
    if (add1(40, 2) != 42)
        return 1;
    start = now();
    for (long i = 0; i < calls; i++) {
        int x = (int)i & 0xaaaaaa, y = (int)i & 0x555555;
        if (add1(x, y) != x + y)
            return 1;
    }
    fprintf(stderr, "time per call: %.3g\n", (now() - start) / (double)calls);
    printf("done\n");
    return 0;
}
