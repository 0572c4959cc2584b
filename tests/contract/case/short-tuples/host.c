/* links: types
 * producers: rust */
#include "../host.h"

#include "types/api.h"

/* Uses the stack, so that what is left there is not zero by accident. */
static int stir(void) {
    volatile char room[4096];
    size_t i;

    for (i = 0; i < sizeof(room); i++)
        room[i] = (char)0xa5;
    return room[17];
}

/* With CFFI, fields that Python does not give have any value. */
int main(void) {
    pt_t point;

    stir();
    point = t_made(3);
    SHOW("D15 {%d, %d}\n", point.x, point.y);
    stir();
    point = t_made(4);
    SHOW("D15 {%d, %d}\n", point.x, point.y);
    return NORMAL_EXIT;
}
