/* links: failing
 * env: CONTRACT_HOW=chain */
#define ROW "C11"
#include "../fails.h"
