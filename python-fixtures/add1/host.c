/* links: add1 */
#include <stdio.h>

int add1(int, int);

int main(void) {
    int first = add1(40, 2);
    int second = add1(100, -5);
    printf("got: %d %d\n", first, second);
    return 0;
}
