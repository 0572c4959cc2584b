/* links: run
 * env: LC_ALL=C
 * env: LANG=C */
#include "../locale.h"
