/* links: run */
#include "../host.h"

#include "run/api.h"

int main(void) {
    SHOW("L10 %d\n", run("import os\n"
                         "r, w = os.pipe()\n"
                         "os.close(r)\n"
                         "try:\n"
                         "    os.write(w, b'x')\n"
                         "except BrokenPipeError:\n"
                         "    result = 42\n"));
    return NORMAL_EXIT;
}
