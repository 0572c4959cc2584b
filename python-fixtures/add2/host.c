/* links: add1 add2 */
#include <stdio.h>

int add1(int, int);
int add2(int, int, int);

int main(void) {
    int first = add1(40, 2);
    int second = add2(100, -5, -20);
    printf("got: %d %d\n", first, second);
    return 0;
}
