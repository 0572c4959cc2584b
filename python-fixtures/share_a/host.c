/* links: share_a */
#include "api.h"

#include <stdio.h>

int main(void) {
    printf("get: %d\n", share_a_get());
    printf("set: %d\n", share_a_set(42));
    printf("get: %d\n", share_a_get());
    printf("patched: %d\n", share_a_patched());
    printf("patch: %d\n", share_a_patch());
    printf("patched: %d\n", share_a_patched());
    printf("ask other: %d\n", share_a_ask_other());
    return 0;
}
