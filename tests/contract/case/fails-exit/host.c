/* links: failing
 * env: CONTRACT_HOW=exit */
#define ROW "C15"
#include "../fails.h"
