/* links: results */
#include "../host.h"

#include "results/api.h"

/* A function result, and the text that says how it came to be. */
#define TRY(type, format, row, ...)                                                                \
    do {                                                                                           \
        int which, count = r_count();                                                              \
        for (which = 0; which < count; which++) {                                                  \
            type value = r_##row(which);                                                           \
            SHOW("D0R " #row " " format " <- %s\n", __VA_ARGS__, r_said());                        \
        }                                                                                          \
    } while (0)

static const char *found(const void *pointer) {
    return pointer == NULL ? "NULL" : "a pointer";
}

int main(void) {
    int which, count = r_count();

    TRY(int, "%d", int, value);
    TRY(unsigned, "%u", uint, value);
    TRY(long long, "%lld", longlong, value);
    TRY(signed char, "%d", schar, value);
    TRY(enum color, "%d", color, (int)value);
    TRY(_Bool, "%d", bool, value);
    TRY(char, "%d", char, value);
    TRY(wchar_t, "%ld", wchar, (long)value);
    TRY(float, "%g", float, (double)value);
    TRY(double, "%g", double, value);
    TRY(long double, "%Lg", longdouble, value);
    TRY(void *, "%s", charp, found(value));
    TRY(void *, "%s", voidp, found(value));
    TRY(pt_t *, "%s", ptp, found(value));
    TRY(pt_t, "{%d, %d}", pt, value.x, value.y);
    for (which = 0; which < count; which++) {
        unary_t value = r_fnptr(which);
        SHOW("D0R fnptr %s <- %s\n", value == NULL ? "NULL" : "a pointer", r_said());
    }
    for (which = 0; which < count; which++) {
        r_void(which);
        SHOW("D10 void <- %s\n", r_said());
    }
    return NORMAL_EXIT;
}
