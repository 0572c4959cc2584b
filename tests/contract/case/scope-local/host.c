/* loads: run */
#define SCOPE RTLD_LOCAL
#define ROW "B09"
#include "../scope.h"
