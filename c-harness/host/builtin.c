#include "builtin.h"

__attribute__((weak)) const struct embedcheck_builtin embedcheck_builtins[] = {{0, 0}};
