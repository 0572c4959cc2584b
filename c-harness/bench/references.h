/* References given up as CPython's own headers do it, with the layout of the build found out when
   it runs. */
#ifndef EMBEDCHECK_BENCH_REFERENCES_H
#define EMBEDCHECK_BENCH_REFERENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "python.h"

/* Size of an object's header; 0 before `references_measure`. */
extern Py_ssize_t references_header;

/* Whether a count is the number at the beginning of an object and nobody else keeps one: neither a
   free-threaded build nor one that counts or lists references. */
extern bool references_plain;

/* Measures; the caller is attached. Returns 0, or -1 with an exception set. */
int references_measure(void);

/* Py_DECREF. In the low half of the count the sign says from 3.12 on that the object is immortal;
   before, no count gets there. Both kinds of processors that embedcheck knows keep the low half
   first. */
static inline void release(PyObject *object) {
    if (!references_plain) {
        Py_DecRef(object);
        return;
    }
    int32_t *count = (int32_t *)(void *)object;
    if (*count >= 0 && --*count == 0) {
        _Py_Dealloc(object);
    }
}

#endif
