/* The init code fails. */
#include "host.h"

#include "failing/api.h"

int main(void) {
    SHOW(ROW " %d\n", fail_add(40, 2));
    SHOW("C12 %d\n", fail_add(40, 2));
    SHOW("C13 %g\n", fail_double());
    SHOW("C14 %d\n", fail_pointer() == NULL);
    return NORMAL_EXIT;
}
