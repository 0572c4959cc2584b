/* links: failing
 * env: CONTRACT_HOW=interrupt */
#define ROW "C15"
#include "../fails.h"
