/* links: errors */
#include "../host.h"

#include "errors/api.h"

static void text_of(const char *row) {
    SHOW("%s stderr: %s\n", row, e_said());
}

int main(void) {
    int (*attached)(int) = e_again;
    pt_t point;
    int i, result;
    unsigned char two = 2;
    _Bool bad;

    SHOW("E01 %d\n", e_plain(1));
    text_of("E01");
    SHOW("E01 %g\n", e_double(1));
    SHOW("E01 %d\n", e_pointer(1) == NULL);
    point = e_struct(1);
    SHOW("E01 {%d, %d}\n", point.x, point.y);
    e_said();
    SHOW("E02 %d\n", e_wrong_type(2));
    text_of("E02");
    SHOW("E02 %d\n", e_too_big(2));
    text_of("E02");
    e_void(2);
    text_of("E02");
    SHOW("E03 %d\n", e_error(3));
    text_of("E03");
    SHOW("E03 %g\n", e_error_double(3));
    SHOW("E03 %p\n", e_error_pointer(3));
    point = e_error_struct(3);
    SHOW("E03 {%d, %d}\n", point.x, point.y);
    e_said();
    SHOW("E05 %d\n", e_onerror_quiet(5));
    text_of("E05");
    SHOW("E06 %d\n", e_onerror_quiet_error(6));
    SHOW("E07 %d\n", e_onerror_value(7));
    text_of("E07");
    SHOW("E08 %d\n", e_onerror_raises(8));
    text_of("E08");
    SHOW("E09 %d\n", e_onerror_bad(9));
    text_of("E09");
    SHOW("E10 %d\n", e_onerror_result(10));
    text_of("E10");
    SHOW("E11 %d\n", e_onerror_looks(11));
    SHOW("D23 %d\n", e_arity(23));
    text_of("D23");
    SHOW("D24 %d\n", e_null(24));
    text_of("D24");
    e_decorators();
    SHOW("E13 %d %d\n", e_renamed(13), e_positional(13));
    SHOW("E18 %d\n", attached(5));
    e_attach_again();
    SHOW("E18 %d %d\n", attached(5), e_again(5));
    SHOW("E19 %d\n", e_unattached(19));
    SHOW("E19 %d\n", e_unattached(19));
    for (i = 0; (result = e_kind(i)) == 0; i++) {
        const char *text = e_said();
        const char *last = strrchr(text, '|');
        SHOW("E20 0, stderr ends: %s\n", last != NULL ? last + 2 : text);
    }
    memcpy(&bad, &two, 1);
    SHOW("E27 %d\n", e_bool(bad));
    text_of("E27");
    SHOW("E27 %ld\n", (long)e_wchar((wchar_t)0x7fffffff));
    text_of("E27");
    SHOW("E28 %d\n", e_str(28));
    text_of("E28");
    e_hook(1);
    SHOW("E22 %d\n", e_plain(22));
    SHOW("E22 %d\n", e_wrong_type(22));
    e_hook(0);
    SHOW("E22 %d\n", e_plain(22));
    text_of("E22");
    return NORMAL_EXIT;
}
