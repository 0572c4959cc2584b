/* Calls through a symbol that the linker bound, as a host makes them that is linked to the DLL. */

#include "../../python-fixtures/bench/api.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int linked_add1(unsigned int first, unsigned int count, int wrong[2]);

/* Calls add1(x, 7000) for the numbers from `first` on, with x = 1000 + (number & 0xfff): what the
   measuring host does with pointers. Returns 0, or -1 and in `wrong` the x and the result of the
   first call that did not return the sum. */
int linked_add1(unsigned int first, unsigned int count, int wrong[2]) {
    for (unsigned int number = first; number != first + count; number++) {
        const int x = 1000 + (int)(number & 0xfff);
        const int result = add1(x, 7000);
        if (result != x + 7000) {
            wrong[0] = x;
            wrong[1] = result;
            return -1;
        }
    }
    return 0;
}
