/* One record of every kind that declarations can have. `layout.rs` compares what Rust and the C
   compiler make of them. */
#ifndef EMBED_DLL_TEST_TYPES_H
#define EMBED_DLL_TEST_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <uchar.h>
#include <wchar.h>

typedef enum { SMALL = -1, LARGE = 100 } sign_t;
enum width { WIDE = 0x100000000 };

typedef struct {
    int x, y;
} point_t;
struct numbers {
    char c;
    short s;
    signed char sc;
    long l;
    unsigned char uc;
    long long ll;
    _Bool b;
    float f;
    double d;
    int8_t i8;
    uint64_t u64;
    size_t size;
    wchar_t w;
    char16_t c16;
    char32_t c32;
    int_fast16_t fast;
    enum width wide;
    sign_t sign;
};
struct pointers {
    void *data;
    const char *text;
    struct pointers *self;
    struct opaque *opaque;
    int (*function)(int, struct opaque *);
    point_t (*by_value)(point_t);
    int (*matrix)[3];
    long double (*not_for_rust)(long double);
};
struct arrays {
    char name[3];
    short matrix[2][3];
    point_t points[2];
    void (*functions[2])(void);
};
struct nested {
    char before;
    struct {
        char tag;
        union {
            double d;
            struct {
                short low, high;
            };
        };
    } inner;
    union {
        int number;
        char bytes[7];
    };
    char type;
};
union mixed {
    char c;
    double d;
    point_t p[3];
    unsigned bits : 11;
};
struct flexible {
    char length;
    int items[];
};
struct bits {
    unsigned a : 3;
    unsigned b : 7;
    char c;
    long d : 40;
    short e;
    _Bool f : 1;
};
struct only_bits {
    int a : 5;
    int b : 20;
    int c : 12;
};
struct kept_free {
    char a;
    int : 9;
    char b;
    int : 0;
    char c;
    long : 40;
};
struct in_between {
    char a;
    int b : 24;
    char c;
};
struct large {
    char c;
    long double ld;
    char d;
    float _Complex fc;
    double _Complex dc;
};

/* Passed and returned by value, without padding. */
struct two_floats {
    float a, b;
};
struct float_and_int {
    float f;
    int i;
    double d;
};
struct int_and_double {
    long i;
    double d;
};
struct twelve {
    int a[3];
};
struct shorts {
    short a[3];
    char b[2];
};
struct three_doubles {
    double d[3];
};
union long_or_double {
    long l;
    double d;
};
struct by_bits {
    unsigned a : 3;
    unsigned b : 29;
    float f;
    long c : 64;
};
struct with_pointer {
    void *p;
    float f[2];
};

#endif
