/* Prints size, alignment and offsets of the records in types.h, and passes some of them by value.
 */
#include "types.h"

#include <stdio.h>

#define RECORD(type) printf("%s %zu %zu\n", #type, sizeof(type), _Alignof(type))
#define FIELD(type, field) printf("%s.%s %zu\n", #type, #field, offsetof(type, field))

void facts(void);

void facts(void) {
    RECORD(point_t);
    FIELD(point_t, x);
    FIELD(point_t, y);
    RECORD(struct numbers);
    FIELD(struct numbers, c);
    FIELD(struct numbers, s);
    FIELD(struct numbers, sc);
    FIELD(struct numbers, l);
    FIELD(struct numbers, uc);
    FIELD(struct numbers, ll);
    FIELD(struct numbers, b);
    FIELD(struct numbers, f);
    FIELD(struct numbers, d);
    FIELD(struct numbers, i8);
    FIELD(struct numbers, u64);
    FIELD(struct numbers, size);
    FIELD(struct numbers, w);
    FIELD(struct numbers, c16);
    FIELD(struct numbers, c32);
    FIELD(struct numbers, fast);
    FIELD(struct numbers, wide);
    FIELD(struct numbers, sign);
    RECORD(struct pointers);
    FIELD(struct pointers, data);
    FIELD(struct pointers, text);
    FIELD(struct pointers, self);
    FIELD(struct pointers, opaque);
    FIELD(struct pointers, function);
    FIELD(struct pointers, by_value);
    FIELD(struct pointers, matrix);
    FIELD(struct pointers, not_for_rust);
    RECORD(struct arrays);
    FIELD(struct arrays, name);
    FIELD(struct arrays, matrix);
    FIELD(struct arrays, points);
    FIELD(struct arrays, functions);
    RECORD(struct nested);
    FIELD(struct nested, before);
    FIELD(struct nested, inner);
    FIELD(struct nested, inner.high);
    FIELD(struct nested, bytes);
    FIELD(struct nested, type);
    RECORD(union mixed);
    FIELD(union mixed, p);
    RECORD(struct flexible);
    FIELD(struct flexible, items);
    RECORD(struct bits);
    FIELD(struct bits, c);
    FIELD(struct bits, e);
    RECORD(struct only_bits);
    RECORD(struct kept_free);
    FIELD(struct kept_free, a);
    FIELD(struct kept_free, b);
    FIELD(struct kept_free, c);
    RECORD(struct in_between);
    FIELD(struct in_between, a);
    FIELD(struct in_between, c);
    RECORD(struct large);
    FIELD(struct large, ld);
    FIELD(struct large, d);
    FIELD(struct large, fc);
    FIELD(struct large, dc);
    fflush(stdout);
}

/* Gives back its second record: the first and the numbers take registers away from it. */
#define PASS(name, type)                                                                           \
    type pass_##name(int before, type first, double between, type second);                         \
    type pass_##name(int before, type first, double between, type second) {                        \
        if (before != 7 || between != 0.5)                                                         \
            return first;                                                                          \
        return second;                                                                             \
    }

PASS(point_t, point_t)
PASS(two_floats, struct two_floats)
PASS(float_and_int, struct float_and_int)
PASS(int_and_double, struct int_and_double)
PASS(twelve, struct twelve)
PASS(shorts, struct shorts)
PASS(three_doubles, struct three_doubles)
PASS(long_or_double, union long_or_double)
PASS(by_bits, struct by_bits)
PASS(with_pointer, struct with_pointer)
