/* What the probe uses of CPython's C API, declared by hand: there is no Python.h when it is built,
   and one file must fit every CPython from 2.7 on. Each of these is exported as a function, under
   this name and with these types, by all of them; most are in the stable ABI (PEP 384), which keeps
   them for 3.x. */
#ifndef EMBEDCHECK_PROBE_PYTHON_H
#define EMBEDCHECK_PROBE_PYTHON_H

#include <stddef.h>

typedef struct _object PyObject;
typedef struct _ts PyThreadState;
typedef ptrdiff_t Py_ssize_t;
typedef int PyGILState_STATE; /* An enum there. */

int Py_IsInitialized(void);
void Py_InitializeEx(int install_signal_handlers);
PyThreadState *PyEval_SaveThread(void);
PyGILState_STATE PyGILState_Ensure(void);
void PyGILState_Release(PyGILState_STATE state);

/* Before 3.7 there is no GIL until this has been called, and before 3.4 PyGILState_Ensure does not
   do it; from 3.9 on it does nothing. Weak, so that a CPython without it can still be loaded. */
__attribute__((weak)) void PyEval_InitThreads(void);

int PyRun_SimpleString(const char *code);
PyObject *PyImport_AddModule(const char *name); /* A borrowed reference. */

/* New references; null after an error. */
PyObject *PyObject_GetAttrString(PyObject *object, const char *name);
PyObject *PyObject_CallMethod(PyObject *object, const char *name, const char *format, ...);
PyObject *PySequence_GetItem(PyObject *sequence, Py_ssize_t index);

Py_ssize_t PyObject_Size(PyObject *object);
long PyLong_AsLong(PyObject *object);
PyObject *PyErr_Occurred(void);
void PyErr_Print(void);
void PyErr_Clear(void);
void Py_DecRef(PyObject *object);

#endif
