/* links: run */
#include "../host.h"

#include "run/api.h"

int main(void) {
    SHOW("E21 %d\n", run("import os\nos._exit(6)"));
    return NORMAL_EXIT;
}
