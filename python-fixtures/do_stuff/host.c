/* links: do_stuff */
#include "api.h"

#include <stdio.h>

int main(void) {
    point_t p = {40, 2};
    printf("got: %d\n", do_stuff(&p));
    return 0;
}
