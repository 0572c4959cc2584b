/* links: bare empty dotted */
#include "../host.h"

#include "bare/api.h"
#include "dotted/api.h"

int start_empty(void);

int main(void) {
    SHOW("A18 start %d %d\n", start_empty(), start_empty());
    SHOW("A18 no init code: %d\n", bare(1));
    SHOW("A19 %d\n", dotted(41));
    return NORMAL_EXIT;
}
