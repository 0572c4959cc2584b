/* links: complex
 * producers: cffi */
#include <complex.h>

#include "../host.h"

#include "complex/api.h"

int main(void) {
    double _Complex value = complex_twice(1.0 + 2.0 * I);

    SHOW("D18 %g %g\n", creal(value), cimag(value));
    return NORMAL_EXIT;
}
