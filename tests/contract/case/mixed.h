/* Two DLLs of two producers: one interpreter, whoever comes first. */
#include "crowd.h"
#include "host.h"

#include "one/api.h"
#include "two/api.h"

enum { THREADS = 8 };

static int call(int number) {
    return number % 2 == 0 ? FIRST(42) : one_slow(21) + two_slow(21);
}

int main(void) {
    SHOW("G04 %d of %d\n", good_of_crowd(THREADS, call), THREADS);
    one_set(41);
    SHOW("G04 one interpreter: %d\n", two_get());
    SHOW("G04 they import each other: %d\n", two_other(43) > 0);
    SHOW("G04 %d\n", one_get());
    return NORMAL_EXIT;
}
