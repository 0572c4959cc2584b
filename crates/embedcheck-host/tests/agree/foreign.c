// Functions of types that `call` does not know.
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int8_t narrow(int8_t a, uint8_t b, int16_t c, uint16_t d) {
    return (int8_t)(a + b + c + d);
}

uint64_t wide(int32_t a, uint32_t b, int64_t c, uint64_t d) {
    return (uint64_t)a + b + (uint64_t)c + d;
}

uint16_t most(void) {
    return 0xffff;
}

bool negate(bool value) {
    return !value;
}

float single(float x) {
    return x / 2;
}

long double twice(long double x) {
    return 2 * x;
}

int many(int a, double b, int c, double d, int e, double f, int g, double h, int i, double j, int k,
         double l, int m, double n, int o, double p, int q, double r) {
    return a + 2 * c + 3 * e + 4 * g + 5 * i + 6 * k + 7 * m + 8 * o + 9 * q +
           (int)(10 * b + 11 * d + 12 * f + 13 * h + 14 * j + 15 * l + 16 * n + 17 * p + 18 * r);
}

struct point {
    int x, y;
};

int sum(const struct point *point) {
    return point == NULL ? -1 : point->x + point->y;
}

struct point swap(struct point point) {
    return (struct point){point.y, point.x};
}

struct mixed {
    int8_t tag;
    double value;
    float few[3];
    const char *name;
};

struct mixed echo(struct mixed mixed) {
    mixed.tag = (int8_t)-mixed.tag;
    mixed.few[2] *= 2;
    return mixed;
}

size_t lengths(const char *const *names) {
    size_t length = 0;
    for (; *names != NULL; names++) {
        length += strlen(*names);
    }
    return length;
}

int64_t through(int64_t **numbers) {
    return **numbers;
}

void *same(void *pointer) {
    return pointer;
}

void leave(int unused, float also) {
    (void)unused;
    (void)also;
    pthread_exit(NULL);
}
