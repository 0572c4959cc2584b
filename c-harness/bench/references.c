#include "references.h"

Py_ssize_t references_header;
bool references_plain;

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
    references_plain = references_header == PLAIN_HEADER &&
                       PySys_GetObject("gettotalrefcount") == NULL &&
                       PySys_GetObject("getobjects") == NULL;
    Py_DecRef(size);
    return 0;
}
