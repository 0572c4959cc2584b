/* links: types */
#include "../host.h"

#include "types/api.h"

static int minus(int x, int y) {
    return x - y;
}

static void integers(void) {
    SHOW("D01 -> %d\n", t_short(-5));
    SHOW("D01 -> %d\n", t_short(SHRT_MIN));
    SHOW("D01 -> %d\n", t_int(INT_MAX));
    SHOW("D01 -> %d\n", t_int(INT_MIN));
    SHOW("D01 -> %ld\n", t_long(LONG_MIN));
    SHOW("D01 -> %lld\n", t_longlong(LLONG_MAX));
    SHOW("D01 -> %d\n", t_i16(-16));
    SHOW("D01 -> %d\n", (int)t_i32(-32));
    SHOW("D01 -> %lld\n", (long long)t_i64(-64));
    SHOW("D02 -> %u\n", t_ushort(USHRT_MAX));
    SHOW("D02 -> %u\n", t_uint(UINT_MAX));
    SHOW("D02 -> %lu\n", t_ulong(ULONG_MAX));
    SHOW("D02 -> %llu\n", t_ulonglong(ULLONG_MAX));
    SHOW("D02 -> %llu\n", (unsigned long long)t_u64(1ULL << 63));
    SHOW("D02 -> %zu\n", t_size(42));
    SHOW("D03 -> %d\n", t_bool(1));
    SHOW("D03 -> %d\n", t_bool(0));
    SHOW("D04 -> %d\n", t_char('c'));
    SHOW("D04 -> %d\n", t_char('\xe9'));
    SHOW("D04 -> %d\n", t_char('\0'));
    SHOW("D05 -> %d\n", t_schar(-128));
    SHOW("D05 -> %d\n", t_uchar(255));
    SHOW("D05 -> %d\n", t_i8(-8));
    SHOW("D06 -> %ld\n", (long)t_wchar(L'w'));
    SHOW("D06 -> %ld\n", (long)t_wchar((wchar_t)0x1f600));
    SHOW("D06 -> %ld\n", (long)t_wchar((wchar_t)0xd800));
    SHOW("D09 -> %d\n", t_color(BLUE));
    SHOW("D09 -> %d\n", t_color((enum color)77));
    SHOW("D09 -> %d\n", t_level(LOW));
    SHOW("D09 -> %d\n", t_level((level_t)-9));
}

static void floats(void) {
    long double wide[3] = {0x1.0000000000000002p0L, 0, 0};

    SHOW("D07 -> %a\n", (double)t_float(1.1f));
    SHOW("D07 -> %a\n", t_double(1.1));
    SHOW("D07 -> %g\n", t_double(-HUGE_VAL));
    t_longdoublep(wide);
    SHOW("D08 -> %La %Lg\n", wide[1], wide[2]);
}

static void pointers(void) {
    char text[] = "text";
    int numbers[3] = {1, 2, 3};
    pt_t point = {4, 5};
    int number = 41;
    int *second;

    t_void(10);
    SHOW("D11 -> %d\n", t_charp(text) == text);
    SHOW("D11 -> %d\n", t_charp(NULL) == NULL);
    SHOW("D11 -> %s\n", t_constcharp("constant"));
    SHOW("D12 -> %d, %d\n", t_voidp(&number) == &number, number);
    SHOW("D12 -> %d\n", t_voidp(NULL) == NULL);
    SHOW("D12 -> %d, %d %d\n", t_ptp(&point) == &point, point.x, point.y);
    SHOW("D12 -> %d\n", t_ptp(NULL) == NULL);
    second = t_intp(numbers);
    SHOW("D13 -> %d, %d\n", second == numbers + 1, numbers[2]);
    SHOW("D13 -> %d\n", t_array(numbers));
    SHOW("D13 -> %d\n", numbers[0]);
    SHOW("D20 -> %d\n", t_hidden((hidden_t *)&number) == (hidden_t *)&number);
}

static void records(void) {
    pt_t point = {40, 2};
    un_t both = {.i = 0x01020304};
    nested_t nested = {'n', {{1, 2}, {3, 4}}, {-5, 0.5}, {.i = 7}};
    bits_t bits = {5, -60, 4000000};
    large_t large = {{0}};
    vec_t vec = {1.0f, 2.0f, 3.0f};
    mixed_t mixed = {0.25, -4};
    int i;

    SHOW("D14 -> %d\n", t_pt_in(point));
    SHOW("D14 -> %d\n", point.x);
    point = t_pt(point);
    SHOW("D15 -> %d %d\n", point.x, point.y);
    both = t_un(both);
    SHOW("D15 -> %x\n", both.i);
    nested = t_nested(nested);
    SHOW("D15 -> %c %d %d %d %d %d %g %d\n", nested.tag, nested.corners[0].x, nested.corners[0].y,
         nested.corners[1].x, nested.corners[1].y, nested.inner.a, nested.inner.b, nested.u.i);
    bits = t_bits(bits);
    SHOW("D15 -> %u %d %u\n", bits.a, bits.b, bits.c);
    for (i = 0; i < 250; i++)
        large.values[i] = i;
    large = t_large(large);
    SHOW("D15 -> %d %d\n", large.values[1], large.values[249]);
    vec = t_vec(vec);
    SHOW("D15 -> %g %g %g\n", (double)vec.x, (double)vec.y, (double)vec.z);
    mixed = t_mixed(mixed);
    SHOW("D15 -> %g %ld\n", mixed.re, mixed.n);
    for (i = 0; i < 6; i++) {
        if (i == 3 || i == 4)
            continue;
        point = t_made(i);
        SHOW("D15 made -> %d %d\n", point.x, point.y);
    }
}

static void functions(void) {
    SHOW("D16 -> %d\n", t_fnptr(minus) == minus);
    SHOW("D16 -> %d\n", t_fnptr_plain(minus)(9, 4));
    SHOW("D16 -> %d\n", t_apply(minus, 50, 9));
    SHOW("D17 -> %g\n", t_many(-1, -2, -3, -4, 5, 6, 7, 8, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5,
                               9.5, 10.5f, 'z'));
    SHOW("D19 -> %d\n", t_none());
}

int main(void) {
    const char *line;
    int i;

    integers();
    floats();
    pointers();
    records();
    functions();
    for (i = 0; (line = t_type_of(i)) != NULL; i++)
        SHOW("A02 %s\n", line);
    return NORMAL_EXIT;
}
