/* PyObject_Vectorcall as the headers of the version have it: a function, or what an inline function
   is compiled to. */
#ifndef EMBEDCHECK_BENCH_VECTORCALL_H
#define EMBEDCHECK_BENCH_VECTORCALL_H

#include "python.h"

typedef PyObject *(*vectorcall_t)(PyObject *callable, PyObject *const *arguments, size_t count,
                                  PyObject *keywords);

/* That of the libpython that this library is linked to; the callable must be a Python function. */
vectorcall_t vectorcall_find(void);

#endif
