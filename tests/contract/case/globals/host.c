/* links: globals */
#include "../host.h"

#include "globals/api.h"

static int minus(int x, int y) {
    return x - y;
}

int main(void) {
    SHOW("F01 before %d %s {%d, %d} %d\n", g_int, g_text, g_point.x, g_point.y, g_array[3]);
    g_int = 1000;
    g_anything = &g_int;
    SHOW("F01 -> %d\n", g_look());
    SHOW("F01 after %d %s {%d, %d} %d %g %d\n", g_int, g_text, g_point.x, g_point.y, g_array[3],
         g_double, g_anything == NULL);
    g_function = minus;
    SHOW("F03 -> %d\n", g_look());
    g_refused();
    SHOW("F01 at the end %d\n", g_int);
    return NORMAL_EXIT;
}
