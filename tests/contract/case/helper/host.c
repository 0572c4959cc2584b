/* links: helper */
#include "../host.h"

#include "helper/api.h"

int main(void) {
    SHOW("C07 %d\n", helped(41));
    return NORMAL_EXIT;
}
