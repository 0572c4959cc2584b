/* links: raises */
#include "api.h"

#include <stdio.h>

int main(void) {
    printf("plain: %d\n", raises_plain(1));
    printf("error: %d\n", raises_error(2));
    printf("onerror: %d\n", raises_onerror(3));
    printf("onerror none: %d\n", raises_onerror_none(4));
    printf("onerror raises: %d\n", raises_onerror_raises(5));
    printf("wrong type: %d\n", raises_wrong_type(6));
    printf("too big: %d\n", raises_too_big(7));
    printf("exit: %d\n", raises_exit(8));
    printf("nothing: %d\n", raises_nothing(40, 2));
    return 0;
}
