/* links: initerror */
#include "../add1/host.c"
