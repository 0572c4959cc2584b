/* links: run */
#include "../host.h"

#include "run/api.h"

/* Nothing flushes Python's stdout, which is a pipe. */
int main(void) {
    SHOW("L01 %d\n", run("print('L01 printed without a flush')\nresult = 42"));
    run("import atexit\natexit.register(say, 'L02 atexit')");
    return NORMAL_EXIT;
}
