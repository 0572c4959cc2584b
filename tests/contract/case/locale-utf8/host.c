/* links: run
 * env: LC_ALL=C.UTF-8 */
#include "../locale.h"
