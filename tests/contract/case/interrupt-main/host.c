/* links: run
 * producers: rust */
#include "../host.h"

#include "run/api.h"

/* CFFI: nothing on 3.9, a crash on 3.11, a message on 3.13. */
int main(void) {
    SHOW("L09 %d\n", run("import _thread\n"
                         "try:\n"
                         "    _thread.interrupt_main()\n"
                         "except KeyboardInterrupt:\n"
                         "    pass\n"
                         "result = 42\n"));
    SHOW("L09 the next call: %d\n", run_or_minus_one("result = 42") != 0);
    return NORMAL_EXIT;
}
