/* loads: run */
#define SCOPE RTLD_GLOBAL
#define ROW "B11"
#include "../scope.h"
