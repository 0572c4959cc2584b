/* links: run
 * env: PATH=/nonexistent */
#include "../host.h"

#include "run/api.h"

int main(void) {
    SHOW("L20 sys.executable is a Python: %d\n",
         run("import os\nresult = os.path.isfile(sys.executable or '')"));
    SHOW("L21 the standard library is found: %d\n", run("import json, _json\nresult = 42"));
    return NORMAL_EXIT;
}
