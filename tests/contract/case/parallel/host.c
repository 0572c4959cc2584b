/* links: one two dotted
 * env: CONTRACT_QUIET=1 */
#include "../host.h"
#include "../crowd.h"

#include "dotted/api.h"
#include "one/api.h"
#include "two/api.h"

enum { THREADS = 12 };

static int call(int number) {
    return number % 3 == 0 ? one_slow(42) : number % 3 == 1 ? two_slow(42) : dotted(41);
}

int main(void) {
    SHOW("H03 %d of %d\n", good_of_crowd(THREADS, call), THREADS);
    return NORMAL_EXIT;
}
