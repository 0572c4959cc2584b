/* links: errors */
#include "../host.h"

#include "errors/api.h"

int main(void) {
    SHOW("E25 %d\n", e_chain(25));
    SHOW("E25 stderr: %s\n", e_said());
    return NORMAL_EXIT;
}
