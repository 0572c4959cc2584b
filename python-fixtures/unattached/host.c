/* links: unattached */
#include <stdio.h>

int unattached(int, int);
int attached(int, int);

int main(void) {
    printf("unattached: %d\n", unattached(40, 2));
    printf("attached: %d\n", attached(40, 2));
    return 0;
}
