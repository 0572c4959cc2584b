#include "vectorcall.h"

/* 3.9 and 3.10, where the headers of the interpreter's users ask for the state by a call. What is
   left out are three instructions that find `_PyFunction_Vectorcall` in the type. */
static PyObject *with_state(PyObject *callable, PyObject *const *arguments, size_t count,
                            PyObject *keywords) {
    PyObject *(*check)(PyThreadState *, PyObject *, PyObject *, const char *) =
        (PyObject * (*)(PyThreadState *, PyObject *, PyObject *, const char *))
            _Py_CheckFunctionResult;
    PyThreadState *state = PyThreadState_Get();
    PyObject *result = _PyFunction_Vectorcall(callable, arguments, count, keywords);
    return check(state, callable, result, NULL);
}

/* 3.8. */
static PyObject *without_state(PyObject *callable, PyObject *const *arguments, size_t count,
                               PyObject *keywords) {
    PyObject *(*check)(PyObject *, PyObject *, const char *) =
        (PyObject * (*)(PyObject *, PyObject *, const char *)) _Py_CheckFunctionResult;
    return check(callable, _PyFunction_Vectorcall(callable, arguments, count, keywords), NULL);
}

/* 3.7, which knows no flag in the count. */
static PyObject *fast_call(PyObject *callable, PyObject *const *arguments, size_t count,
                           PyObject *keywords) {
    count &= ~PY_VECTORCALL_ARGUMENTS_OFFSET;
    return _PyObject_FastCallDict(callable, arguments, (Py_ssize_t)count, keywords);
}

vectorcall_t vectorcall_find(void) {
    if (PyObject_Vectorcall) {
        return PyObject_Vectorcall;
    }
    if (PyObject_VectorcallDict) {
        return with_state;
    }
    return _PyFunction_Vectorcall ? without_state : fast_call;
}
