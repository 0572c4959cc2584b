/* links: keep */
#include "../host.h"

#include "keep/api.h"

/* Uses the stack that the call has left. */
static int stir(void) {
    volatile char room[4096];
    size_t i;

    for (i = 0; i < sizeof(room); i++)
        room[i] = (char)0xa5;
    return room[17];
}

int main(void) {
    kept_t value = {11, 31};

    SHOW("D14 %d\n", keep(value));
    stir();
    SHOW("D14 still the same: %d\n", kept() == 42);
    return NORMAL_EXIT;
}
