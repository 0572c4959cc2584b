/* links: partial */
#include "../host.h"

#include "partial/api.h"
#include "partial/source.c"

part_t partial_next(part_t);
int partial_kind(struct tail_s *);

int main(void) {
    part_t part = {0.5, 41, "kept"};
    struct tail_s tail = {7, 8};

    SHOW("A06 sizes %d\n", partial_size());
    part = partial_next(part);
    SHOW("A06 %g %d %s\n", part.hidden, part.n, part.more);
    SHOW("A06 offset %d\n", partial_kind(&tail));
    SHOW("A06 %ld %d\n", tail.before, tail.kind);
    return NORMAL_EXIT;
}
