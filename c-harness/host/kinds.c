#include "kinds.h"

#include <stddef.h>

#include "plan.h"

#define STEP(name)                                                                                 \
    { #name, parse_##name, run_##name }
#define BLOCK(name)                                                                                \
    { #name, NULL, run_##name }

const struct step_kind step_kinds[] = {
    STEP(open),   STEP(promote), STEP(close),  STEP(resolve),      STEP(call),
    STEP(buffer), STEP(peek),    STEP(hook),   BLOCK(threads),     BLOCK(fork),
    STEP(wait),   STEP(chdir),   STEP(setenv), STEP(unsetenv),     STEP(sleep),
    STEP(python), STEP(facts),   STEP(exit),   {NULL, NULL, NULL},
};
