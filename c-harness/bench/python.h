/* What `limit` and `naive` use of CPython's C API, declared by hand: there is no Python.h when they
   are built, and one file must fit every CPython from 3.7 on. Functions unless said; structures
   only where the stable ABI (PEP 384) fixes their layout. */
#ifndef EMBEDCHECK_BENCH_PYTHON_H
#define EMBEDCHECK_BENCH_PYTHON_H

#include <stddef.h>

/* For variables of our own: what a definition is compiled to with -fvisibility=hidden, a
   declaration has to say itself. */
#define INTERNAL extern __attribute__((visibility("hidden")))

typedef struct _object PyObject;
typedef struct _ts PyThreadState;
typedef ptrdiff_t Py_ssize_t;
typedef int PyGILState_STATE; /* An enum there. */

const char *Py_GetVersion(void); /* "3.12.1 (main, …" */
int Py_IsInitialized(void);
void Py_InitializeEx(int install_signal_handlers);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *state);
PyGILState_STATE PyGILState_Ensure(void);
void PyGILState_Release(PyGILState_STATE state);
PyThreadState *PyGILState_GetThisThreadState(void);
PyThreadState *PyThreadState_Get(void);

void Py_IncRef(PyObject *object);
void Py_DecRef(PyObject *object);
void _Py_Dealloc(PyObject *object);

/* New references; null after an error. */
PyObject *PyLong_FromLong(long value);
PyObject *PyFloat_FromDouble(double value);
PyObject *PyBytes_FromString(const char *text);
PyObject *PyDict_New(void);
PyObject *PyModule_New(const char *name);
PyObject *PyObject_GetAttrString(PyObject *object, const char *name);
PyObject *PyObject_CallFunction(PyObject *callable, const char *format, ...);
PyObject *PyObject_CallMethod(PyObject *object, const char *name, const char *format, ...);
PyObject *Py_CompileString(const char *code, const char *file, int start);
PyObject *PyEval_EvalCode(PyObject *code, PyObject *globals, PyObject *locals);

/* Borrowed references; null if there is none. */
PyObject *PyImport_AddModule(const char *name);
PyObject *PyEval_GetBuiltins(void);
PyObject *PySys_GetObject(const char *name);
PyObject *PyDict_GetItemString(PyObject *dict, const char *key);
PyObject *PyTuple_GetItem(PyObject *tuple, Py_ssize_t index);

int PyDict_SetItem(PyObject *dict, PyObject *key, PyObject *value);
int PyDict_SetItemString(PyObject *dict, const char *key, PyObject *value);
int PyObject_SetAttrString(PyObject *object, const char *name, PyObject *value);
Py_ssize_t PyTuple_Size(PyObject *tuple);
int PyArg_ParseTuple(PyObject *arguments, const char *format, ...);
long PyLong_AsLong(PyObject *object);
long long PyLong_AsLongLong(PyObject *object);
double PyFloat_AsDouble(PyObject *object);
PyObject *PyErr_Occurred(void);
void PyErr_Print(void);
void PyErr_Clear(void);

/* The parser's start symbol for a file: `Py_file_input` in compile.h. */
#define Py_file_input 257

typedef PyObject *(*PyCFunction)(PyObject *self, PyObject *arguments);

typedef struct {
    const char *name;
    PyCFunction function;
    int flags;
    const char *doc;
} PyMethodDef;

#define METH_VARARGS 1
#define METH_KEYWORDS 2
#define METH_O 8

PyObject *PyCFunction_NewEx(PyMethodDef *method, PyObject *self, PyObject *module);

typedef struct {
    const char *name;
    PyObject *(*get)(PyObject *self, void *closure);
    int (*set)(PyObject *self, PyObject *value, void *closure);
    const char *doc;
    void *closure;
} PyGetSetDef;

typedef struct {
    int slot;
    void *value;
} PyType_Slot;

typedef struct {
    const char *name;
    int basicsize;
    int itemsize;
    unsigned int flags;
    PyType_Slot *slots;
} PyType_Spec;

/* Numbers of slots in typeslots.h. */
#define Py_tp_dealloc 52
#define Py_tp_getset 73

/* Before 3.10 part of Py_TPFLAGS_DEFAULT, the rest of which is 0: without it attributes are looked
   up without a cache. Later it means nothing. */
#define Py_TPFLAGS_HAVE_VERSION_TAG (1U << 18)

PyObject *PyType_FromSpec(PyType_Spec *spec);
PyObject *PyType_GenericAlloc(PyObject *type, Py_ssize_t items);
void PyObject_Free(void *memory);

/* Set in the number of arguments: the place before the first one may be written. */
#define PY_VECTORCALL_ARGUMENTS_OFFSET ((size_t)1 << (8 * sizeof(size_t) - 1))

/* Not in every version, therefore weak; their types are those of the versions that have them. */
#define WEAK __attribute__((weak))

/* From 3.11 on; before, an inline function around the following ones. */
WEAK PyObject *PyObject_Vectorcall(PyObject *callable, PyObject *const *arguments, size_t count,
                                   PyObject *keywords);
/* From 3.9 on. Here only to tell the version. */
WEAK PyObject *PyObject_VectorcallDict(PyObject *callable, PyObject *const *arguments, size_t count,
                                       PyObject *keywords);
/* 3.8 to 3.12, and again later. */
WEAK PyObject *_PyFunction_Vectorcall(PyObject *function, PyObject *const *arguments, size_t count,
                                      PyObject *keywords);
/* 3.7 and 3.8. */
WEAK PyObject *_PyObject_FastCallDict(PyObject *callable, PyObject *const *arguments,
                                      Py_ssize_t count, PyObject *keywords);
/* For its address: its type is in limit.c. */
WEAK void _Py_CheckFunctionResult(void);

#endif
