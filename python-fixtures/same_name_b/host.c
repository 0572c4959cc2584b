/* links: same_name_b */
#include <stdio.h>

int fb(int, int);

int main(void) {
    printf("got: %d\n", fb(40, 2));
    return 0;
}
