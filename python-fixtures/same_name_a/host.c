/* links: same_name_a */
#include <stdio.h>

int fa(int, int);

int main(void) {
    printf("got: %d\n", fa(40, 2));
    return 0;
}
