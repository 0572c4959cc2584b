/* links: joins */
#include "../host.h"

#include "joins/api.h"

int main(void) {
    SHOW("H13 %d\n", joins(41));
    return NORMAL_EXIT;
}
