/* The Python functions of the fixture `bench`, found without any help but the C API's: what an
   embedding DLL does that somebody writes by hand. */
#ifndef EMBEDCHECK_BENCH_START_H
#define EMBEDCHECK_BENCH_START_H

#include "python.h"

enum {
    ADD1,
    NOP,
    SCALE,
    LEN,
    SUM,
    RAISES,
    ROUND_TRIP,
    INIT_TIME,
    FUNCTIONS,
};

/* Set by `start`. */
INTERNAL PyObject *functions[FUNCTIONS];

/* Starts the interpreter and runs the init code, which imports `ffi` and `lib` from the module of
   that name and finds in them as little as it needs; `back` is to be `lib.back`. The caller is
   attached then. Returns 0, or -1 with the exception printed. */
int start(const char *module, const char *init, PyMethodDef *back);

/* Runs code in that namespace. Returns 0, or -1 with an exception set. */
int run(const char *code, PyObject *space);

#endif
