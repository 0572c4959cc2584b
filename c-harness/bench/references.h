/* References given up as CPython's own headers do it, with the layout of the build found out when
   it runs. */
#ifndef EMBEDCHECK_BENCH_REFERENCES_H
#define EMBEDCHECK_BENCH_REFERENCES_H

#include <stdint.h>

#include "python.h"

/* Size of an object's header; 0 before `references_measure`. */
INTERNAL Py_ssize_t references_header;

/* Where an object has its count of references. */
enum layout {
    /* At the beginning, before 3.12. */
    LAYOUT_COUNT,
    /* In four bytes at the beginning, whose sign says that the object is immortal. (Both kinds of
       processors that embedcheck knows keep the low half of a number first.) */
    LAYOUT_IMMORTAL,
    /* Elsewhere or also elsewhere: free-threaded builds, and those that count or list references.
     */
    LAYOUT_OTHER,
};

/* Set by `references_measure`. */
INTERNAL enum layout references_layout;

/* Measures; the caller is attached. Returns 0, or -1 with an exception set. */
int references_measure(void);

/* Py_DECREF for that layout, which is a constant where time counts. */
__attribute__((always_inline)) static inline void release_in(enum layout layout, PyObject *object) {
    if (layout == LAYOUT_IMMORTAL) {
        int32_t *count = (int32_t *)(void *)object;
        if (*count >= 0 && --*count == 0) {
            _Py_Dealloc(object);
        }
    } else if (layout == LAYOUT_COUNT) {
        Py_ssize_t *count = (Py_ssize_t *)(void *)object;
        if (--*count == 0) {
            _Py_Dealloc(object);
        }
    } else {
        Py_DecRef(object);
    }
}

static inline void release(PyObject *object) {
    release_in(references_layout, object);
}

#endif
