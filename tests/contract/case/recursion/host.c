/* links: run */
#include "../host.h"

#include "run/api.h"

static int again(int depth) {
    if (depth == 0)
        return run("result = 42");
    return run_back(again, depth - 1);
}

int main(void) {
    SHOW("C18 %d\n", run_back(again, 50));
    return NORMAL_EXIT;
}
