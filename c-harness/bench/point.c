#include "point.h"

PyObject *point_type;

static PyObject *get_x(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLong((*point_of(self))->x);
}

static PyObject *get_y(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLong((*point_of(self))->y);
}

/* `PyType_GenericAlloc` has counted a reference to the type. */
static void deallocate(PyObject *self) {
    PyObject_Free(self);
    release(point_type);
}

int point_prepare(void) {
    static PyGetSetDef attributes[] = {{"x", get_x, NULL, NULL, NULL},
                                       {"y", get_y, NULL, NULL, NULL},
                                       {NULL, NULL, NULL, NULL, NULL}};
    PyType_Slot slots[] = {
        {Py_tp_dealloc, (void *)deallocate}, {Py_tp_getset, attributes}, {0, NULL}};
    PyType_Spec spec = {
        .name = "embedcheck.point",
        .basicsize = (int)(references_header + (Py_ssize_t)sizeof(point_t *)),
        .flags = Py_TPFLAGS_HAVE_VERSION_TAG,
        .slots = slots,
    };
    point_type = PyType_FromSpec(&spec);
    return point_type != NULL ? 0 : -1;
}
