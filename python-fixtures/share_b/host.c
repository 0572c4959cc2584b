/* links: share_a share_b */
#include "../share_a/api.h"
#include "api.h"

#include <stdio.h>

int main(void) {
    printf("a sets: %d\n", share_a_set(42));
    printf("b gets: %d\n", share_b_get());
    printf("b patched: %d\n", share_b_patched());
    printf("a patches: %d\n", share_a_patch());
    printf("b patched: %d\n", share_b_patched());
    printf("b asks a: %d\n", share_b_ask_other());
    printf("a asks b: %d\n", share_a_ask_other());
    return 0;
}
