/* links: failing
 * env: CONTRACT_HOW=os._exit */
#define ROW "C16"
#include "../fails.h"
