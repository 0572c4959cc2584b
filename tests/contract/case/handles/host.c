/* links: handles */
#include "../host.h"

#include "handles/api.h"

int main(void) {
    void *one = h_make(11);
    void *two = h_make(25);

    SHOW("J01 %d %d %d\n", one != NULL, two != NULL, one != two);
    SHOW("J01 %d\n", h_twice());
    SHOW("J02 %d %d %d\n", h_get(one), h_get(two), h_add(one, 1));
    SHOW("J02 %d\n", h_get(one));
    SHOW("J03 alive %d\n", h_alive());
    h_drop(two);
    SHOW("J03 alive %d\n", h_alive());
    SHOW("J02 %d\n", h_get(one));
    return NORMAL_EXIT;
}
