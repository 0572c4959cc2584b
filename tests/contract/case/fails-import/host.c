/* links: failing
 * env: CONTRACT_HOW=import */
#define ROW "C11"
#include "../fails.h"
