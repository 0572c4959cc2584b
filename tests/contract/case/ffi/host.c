/* links: ffi */
#include "../host.h"

#include "ffi/api.h"

int main(void) {
    int i;

    for (i = 0; f_part(i) != 0; i++)
        ;
    SHOW("X01 %d parts\n", i);
    return NORMAL_EXIT;
}
