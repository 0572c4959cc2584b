/* links: bench */
#define _POSIX_C_SOURCE 200809L

#include "api.h"

#include <stdio.h>
#include <time.h>

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
    point_t point = {40, 2};
    const long long begin = now();
    long long times[3];
    printf("add1: %d\n", add1(40, 2));
    nop();
    printf("scale: %g\n", scale(21));
    printf("len: %d\n", len("forty-two"));
    printf("sum: %d\n", sum(&point));
    printf("raises: %d\n", raises(42));
    printf("round trip: %d\n", round_trip(41));
    times[0] = init_time(0);
    times[1] = init_time(1);
    times[2] = now();
    printf("init time: %s\n",
           begin < times[0] && times[0] < times[1] && times[1] < times[2] ? "in order" : "wrong");
    return 0;
}
