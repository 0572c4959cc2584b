/* links: run */
#include "../host.h"

#include <unistd.h>

#include "run/api.h"

int main(void) {
    int out = dup(1);
    FILE *file;

    close(0);
    close(1);
    close(2);
    file = fdopen(out, "w");
    fprintf(file, "L17 %d\n", run("result = 42"));
    fprintf(file, "L17 %d\n", run("print('nowhere')\nresult = 43"));
    fprintf(file, "L17 %d\n", run("sys.stderr.write('nowhere')"));
    fclose(file);
    return NORMAL_EXIT;
}
