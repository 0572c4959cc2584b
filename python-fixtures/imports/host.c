/* links: imports */
#include "api.h"

#include <stdio.h>

int main(void) {
    printf("%s\n", import_all("sys\nno_such_module\n"));
    printf("%s\n", import_all(""));
    printf("got: %d\n", add1(40, 2));
    return 0;
}
