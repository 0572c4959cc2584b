/* What the C API itself costs: the fastest call of a Python function that can be written by hand
   against one version's headers, to measure others against. Nothing is checked, nothing survives
   the end of the interpreter or a fork, and the states of ended threads are leaked. */

#include <Python.h>

#if PY_VERSION_HEX < 0x03090000
#define PyObject_Vectorcall _PyObject_Vectorcall
#endif

#define EXPORT __attribute__((visibility("default")))

EXPORT int limit_initialise(const char *module, const char *init);
EXPORT int limit_start(void);
EXPORT int add1(int x, int y);
EXPORT int limit_hold(void);
EXPORT int limit_release(void);

static PyObject *function;
static _Thread_local PyThreadState *state;
static _Thread_local int held;

/* Runs the code and keeps what it names add1; -1 with the exception printed. */
static int define(const char *code, PyObject *names) {
    if (PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0) {
        PyObject *none = PyRun_String(code, Py_file_input, names, names);
        function = none == NULL ? NULL : PyDict_GetItemString(names, "add1");
        Py_XINCREF(function);
        Py_XDECREF(none);
    }
    if (function == NULL) {
        PyErr_Print();
    }
    return function == NULL ? -1 : 0;
}

/* What the init code of an embedding DLL finds in the module that it imports: as little as it takes
   for the code to run. */
static const char stand_in[] = "class ffi:\n"
                               "    @staticmethod\n"
                               "    def def_extern(name=None, error=None, onerror=None):\n"
                               "        return lambda function: function\n";

/* Starts the interpreter and runs init code that was written for an embedding DLL with a module of
   that name: what starting costs without any help. Afterwards the calling thread is detached.
   Returns 0, or -1 with the exception printed. */
int limit_initialise(const char *module, const char *init) {
    int result = -1;
    Py_InitializeEx(0);
    PyObject *names = PyDict_New();
    /* Borrowed, as is its dictionary. */
    PyObject *object = PyImport_AddModule(module);
    if (names != NULL && object != NULL) {
        PyObject *inside = PyModule_GetDict(object);
        PyObject *none = PyRun_String(stand_in, Py_file_input, inside, inside);
        if (none != NULL) {
            result = define(init, names);
        }
        Py_XDECREF(none);
    }
    Py_XDECREF(names);
    state = PyEval_SaveThread();
    return result;
}

/* Defines the function. The interpreter must run; the caller may be attached or not. Returns 0, or
   -1 with the exception printed. */
int limit_start(void) {
    const PyGILState_STATE before = PyGILState_Ensure();
    PyObject *names = PyDict_New();
    const int result = names == NULL ? -1 : define("def add1(x, y):\n    return x + y\n", names);
    Py_XDECREF(names);
    PyGILState_Release(before);
    return result;
}

static void attach(void) {
    if (state != NULL) {
        PyEval_RestoreThread(state);
        return;
    }
    /* Never released, so that the state stays. */
    PyGILState_Ensure();
    state = PyGILState_GetThisThreadState();
}

int add1(int x, int y) {
    if (!held) {
        attach();
    }
    PyObject *stack[3] = {NULL, PyLong_FromLong(x), PyLong_FromLong(y)};
    PyObject *sum =
        PyObject_Vectorcall(function, stack + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    const int result = (int)PyLong_AsLong(sum);
    Py_DECREF(sum);
    Py_DECREF(stack[1]);
    Py_DECREF(stack[2]);
    if (!held) {
        PyEval_SaveThread();
    }
    return result;
}

/* Until limit_release(), calls of this thread find the interpreter attached. Does not nest. Both
   return 0. */
int limit_hold(void) {
    attach();
    held = 1;
    return 0;
}

int limit_release(void) {
    held = 0;
    PyEval_SaveThread();
    return 0;
}
