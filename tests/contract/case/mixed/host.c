/* links: one two
 * by-cffi: two
 * env: CONTRACT_QUIET=1 */
#define FIRST one_slow
#include "../mixed.h"
