/* The functions without Python: what a call into any library costs. */

#include "exported.h"

#include <string.h>

static int back(int x) {
    return x + 1;
}

int add1(int x, int y) {
    return x + y;
}

void nop(void) {}

double scale(double x) {
    return x * 2.0;
}

int len(const char *text) {
    return (int)strlen(text);
}

int sum(point_t *point) {
    return point->x + point->y;
}

int raises(int x) {
    (void)x;
    return -1;
}

int round_trip(int x) {
    return back(x);
}

/* There is no Python code. */
long long init_time(int end) {
    (void)end;
    return 0;
}
