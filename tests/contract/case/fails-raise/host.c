/* links: failing
 * env: CONTRACT_HOW=raise */
#define ROW "C11"
#include "../fails.h"
