/* links: run */
#include "../host.h"

#include "run/api.h"

/* Two buffers for one pipe: who flushes first comes first. */
int main(void) {
    printf("L22 C, first, not flushed\n");
    run("say('L22 Python, flushed')");
    printf("L22 C, last\n");
    return NORMAL_EXIT;
}
