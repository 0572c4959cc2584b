/* links: add2 add3 */
#include <stdio.h>

int add2(int, int, int);
int add3(int, int, int, int);

int main(void) {
    int first = add2(40, 2, 100);
    int second = add3(1000, 200, 30, 4);
    printf("got: %d %d\n", first, second);
    return 0;
}
