/* links: run */
#include "../host.h"

#include "run/api.h"

/* Not the name itself, which every machine has its own of. */
int main(void) {
    SHOW("L23 sys.executable is a Python of this version: %d\n",
         run("import os, subprocess\n"
             "out = subprocess.check_output([sys.executable, '-c', 'import sys; "
             "print(sys.version)'])\n"
             "result = out.decode().strip() == sys.version\n"));
    SHOW("L20 prefix has the standard library: %d\n",
         run("result = os.__file__.startswith(sys.base_prefix)"));
    return NORMAL_EXIT;
}
