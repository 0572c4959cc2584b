/* The argument of `sum`, as Python sees it when somebody writes the DLL by hand with care: an
   object of a type written in C that points to the host's structure and makes its numbers when
   asked. That is what a cdata pointer is, without what makes it a general one, so nothing that
   gives Python the same view of the host's memory can cost less: one object for each call. */
#ifndef EMBEDCHECK_BENCH_POINT_H
#define EMBEDCHECK_BENCH_POINT_H

#include "exported.h"
#include "references.h"

/* Set by `point_prepare`. */
INTERNAL PyObject *point_type;

/* Makes the type, after `references_measure`. Returns 0, or -1 with an exception set. */
int point_prepare(void);

/* Where an object has its pointer. */
static inline point_t **point_of(PyObject *object) {
    return (point_t **)(void *)((char *)object + references_header);
}

/* A new reference. */
static inline PyObject *point_object(point_t *point) {
    PyObject *object = PyType_GenericAlloc(point_type, 0);
    *point_of(object) = point;
    return object;
}

#endif
