/* links: run */
#include "../host.h"

#include "run/api.h"

/* What a person reads who has only stderr. */
int main(void) {
    SHOW("E01 %d\n", run("1 / 0"));
    SHOW("E02 %d\n", run("result = 'text'"));
    SHOW("E19 %d\n", run_nothing(1));
    SHOW("E25 %d\n", run("try:\n"
                         "    {}['key']\n"
                         "except KeyError as error:\n"
                         "    raise ValueError('the effect') from error\n"));
    SHOW("E24 %d\n", run("import io\n"
                         "sys.stderr = io.StringIO()\n"));
    SHOW("E24 %d\n", run("1 / 0"));
    SHOW("E24 %d\n", run("result = sys.stderr.getvalue().count('ZeroDivisionError')"));
    SHOW("E24 without sys.stderr: %d\n", run("sys.stderr = None\n1 / 0"));
    return NORMAL_EXIT;
}
