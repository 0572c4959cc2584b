#include "references.h"

#include <stdio.h>

Py_ssize_t references_header;
enum layout references_layout = LAYOUT_OTHER;

/* The header of an ordinary build: a count and a type. */
#define PLAIN_HEADER 16

int references_measure(void) {
    PyObject *object = PyDict_GetItemString(PyEval_GetBuiltins(), "object");
    PyObject *size = object != NULL ? PyObject_GetAttrString(object, "__basicsize__") : NULL;
    if (size == NULL) {
        return -1;
    }
    references_header = PyLong_AsLong(size);
    /* In builds with Py_REF_DEBUG and Py_TRACE_REFS only. */
    const int is_plain = references_header == PLAIN_HEADER &&
                         PySys_GetObject("gettotalrefcount") == NULL &&
                         PySys_GetObject("getobjects") == NULL;
    int minor;
    if (is_plain && sscanf(Py_GetVersion(), "3.%d", &minor) == 1) {
        references_layout = minor < 12 ? LAYOUT_COUNT : LAYOUT_IMMORTAL;
    }
    Py_DecRef(size);
    return 0;
}
