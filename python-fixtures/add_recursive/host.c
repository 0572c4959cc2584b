/* links: add_recursive */
#include <stdio.h>

extern int (*my_callback)(int);
int add_rec(int, int);

static int some_callback(int x) {
    printf("some_callback(%d)\n", x);
    fflush(stdout);
    return add_rec(x, 9);
}

int main(void) {
    int first, second;
    my_callback = some_callback;
    first = add_rec(40, 2);
    second = add_rec(100, -5);
    printf("got: %d %d\n", first, second);
    return 0;
}
