/* links: life */
#include "../host.h"

#include "life/api.h"

int main(void) {
    SHOW("C03 %d\n", life(40));
    SHOW("C03 %d\n", life(1));
    SHOW("E19 %d\n", life_late(1));
    return NORMAL_EXIT;
}
