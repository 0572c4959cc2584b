/* links: failing
 * env: CONTRACT_HOW=silent */
#define ROW "C20"
#include "../fails.h"
