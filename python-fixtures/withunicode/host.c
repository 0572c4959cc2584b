/* links: withunicode */
#include "../add1/host.c"
