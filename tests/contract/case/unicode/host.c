/* links: unicode
 * env: LC_ALL=C
 * env: LANG=C */
#include "../host.h"

#include "unicode/api.h"

int main(void) {
    SHOW("A17 %s\n", u_text(0));
    SHOW("A17 %s\n", u_text(1));
    SHOW("A17 %d\n", u_length(u_text(0)));
    return NORMAL_EXIT;
}
