/* links: failing
 * env: CONTRACT_HOW=constant */
#define ROW "E14"
#include "../fails.h"
