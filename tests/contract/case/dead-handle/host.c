/* links: handles */
#include "../host.h"

#include "handles/api.h"

int main(void) {
    void *handle = h_make(11);

    h_drop(handle);
    SHOW("J04 alive %d\n", h_alive());
    SHOW("J04 %d\n", h_get(handle));
    SHOW("J04 the host goes on\n");
    return NORMAL_EXIT;
}
