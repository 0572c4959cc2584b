/* What Python makes of the locale, and what becomes of the host's. */
#include "host.h"

#include <locale.h>

#include "run/api.h"

int main(void) {
    SHOW("L18 host before: %s\n", setlocale(LC_CTYPE, NULL));
    SHOW("L19 print: %d\n",
         run("sys.stdout.write('L19 \\u00e9\\n')\nsys.stdout.flush()\nresult = 42"));
    SHOW("L18 host after: %s\n", setlocale(LC_CTYPE, NULL));
    return NORMAL_EXIT;
}
