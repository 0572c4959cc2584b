/* links: results
 * cffi-since: 3.9 */
/* CFFI for Python 3.8 warns of pointers of other types, and takes them. */
#include "../host.h"

#include "results/api.h"

/* A function result, and the text that says how it came to be. */
#define TRY(id, type, format, row, ...)                                                            \
    do {                                                                                           \
        int which, count = r_count();                                                              \
        for (which = 0; which < count; which++) {                                                  \
            type value = r_##row(which);                                                           \
            SHOW(id " " #row " " format " <- %s\n", __VA_ARGS__, r_said());                        \
        }                                                                                          \
    } while (0)

static const char *found(const void *pointer) {
    return pointer == NULL ? "NULL" : "a pointer";
}

int main(void) {
    int which, count = r_count();

    TRY("D01", int, "%d", int, value);
    TRY("D02", unsigned, "%u", uint, value);
    TRY("D01", long long, "%lld", longlong, value);
    TRY("D05", signed char, "%d", schar, value);
    TRY("D09", enum color, "%d", color, (int)value);
    TRY("D03", _Bool, "%d", bool, value);
    TRY("D04", char, "%d", char, value);
    TRY("D06", wchar_t, "%ld", wchar, (long)value);
    TRY("D07", float, "%g", float, (double)value);
    TRY("D07", double, "%g", double, value);
    TRY("D11", void *, "%s", charp, found(value));
    TRY("D12", void *, "%s", voidp, found(value));
    TRY("D12", pt_t *, "%s", ptp, found(value));
    TRY("D15", pt_t, "{%d, %d}", pt, value.x, value.y);
    for (which = 0; which < count; which++) {
        unary_t value = r_fnptr(which);
        SHOW("D16 fnptr %s <- %s\n", value == NULL ? "NULL" : "a pointer", r_said());
    }
    for (which = 0; which < count; which++) {
        r_void(which);
        SHOW("D10 void <- %s\n", r_said());
    }
    return NORMAL_EXIT;
}
