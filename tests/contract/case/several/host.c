/* links: one two bare */
#include "../host.h"

#include "bare/api.h"
#include "one/api.h"
#include "two/api.h"

int main(void) {
    SHOW("G01 %d\n", one_set(41));
    SHOW("G02 %d\n", two_get());
    SHOW("G02 %d\n", two_set(42));
    SHOW("G02 %d\n", one_get());
    SHOW("G02 %d\n", one_patch());
    SHOW("G02 %d\n", two_other(43));
    SHOW("G02 %d\n", one_get());
    SHOW("G01 %d\n", bare(1));
    return NORMAL_EXIT;
}
