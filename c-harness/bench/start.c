#include "start.h"

#include <stdio.h>

PyObject *functions[FUNCTIONS];

static const char *const names[FUNCTIONS] = {"add1", "nop",    "scale",      "len",
                                             "sum",  "raises", "round_trip", "init_time"};

/* What `ffi.def_extern()` was given, by name. */
static PyObject *attached;

/* The decorator that `ffi.def_extern(…)` returns. `self` is the name, or null for that of the
   function. */
static PyObject *attach(PyObject *self, PyObject *function) {
    PyObject *name = self;
    int status = -1;
    if (name != NULL) {
        Py_IncRef(name);
    } else {
        name = PyObject_GetAttrString(function, "__name__");
    }
    if (name != NULL) {
        status = PyDict_SetItem(attached, name, function);
        Py_DecRef(name);
    }
    if (status != 0) {
        return NULL;
    }
    Py_IncRef(function);
    return function;
}

static PyMethodDef attach_method = {"attach", attach, METH_O, NULL};

/* `error=` and `onerror=` are not looked at: what becomes of an exception is in C. */
static PyObject *def_extern(PyObject *self, PyObject *arguments, PyObject *keywords) {
    (void)self;
    PyObject *name = keywords != NULL ? PyDict_GetItemString(keywords, "name") : NULL;
    if (name == NULL && PyTuple_Size(arguments) > 0) {
        name = PyTuple_GetItem(arguments, 0);
    }
    return PyCFunction_NewEx(&attach_method, name, NULL);
}

/* `ffi.string(…)`: what a DLL written by hand passes is an object with the text already. */
static PyObject *string(PyObject *self, PyObject *text) {
    (void)self;
    Py_IncRef(text);
    return text;
}

/* Through a type without parameters: the flags say how it is called. */
static PyMethodDef def_extern_method = {"def_extern", (PyCFunction)(void (*)(void))def_extern,
                                        METH_VARARGS | METH_KEYWORDS, NULL};
static PyMethodDef string_method = {"string", string, METH_O, NULL};

/* object.name = value, which it takes away. */
static int set(PyObject *object, const char *name, PyObject *value) {
    const int status =
        object != NULL && value != NULL ? PyObject_SetAttrString(object, name, value) : -1;
    if (value != NULL) {
        Py_DecRef(value);
    }
    return status;
}

static int add_method(PyObject *object, PyMethodDef *method) {
    return set(object, method->name, PyCFunction_NewEx(method, NULL, NULL));
}

static int make_module(const char *name, PyMethodDef *back) {
    PyObject *module = PyImport_AddModule(name);
    PyObject *ffi = PyModule_New("ffi");
    PyObject *lib = PyModule_New("lib");
    const int done = ffi != NULL && lib != NULL && add_method(ffi, &def_extern_method) == 0 &&
                     add_method(ffi, &string_method) == 0 && add_method(lib, back) == 0;
    const int has_ffi = set(module, "ffi", ffi), has_lib = set(module, "lib", lib);
    return done && has_ffi == 0 && has_lib == 0 ? 0 : -1;
}

int run(const char *code, PyObject *space) {
    PyObject *compiled = Py_CompileString(code, "<init code>", Py_file_input);
    if (compiled == NULL) {
        return -1;
    }
    PyObject *none = NULL;
    if (PyDict_SetItemString(space, "__builtins__", PyEval_GetBuiltins()) == 0) {
        none = PyEval_EvalCode(compiled, space, space);
    }
    Py_DecRef(compiled);
    if (none == NULL) {
        return -1;
    }
    Py_DecRef(none);
    return 0;
}

/* Prints the exception. */
static void print(void) {
    PyErr_Print();
    /* Buffered in 3.7, and the host ends without Py_Finalize. */
    PyObject *file = PySys_GetObject("stderr");
    PyObject *none = file != NULL ? PyObject_CallMethod(file, "flush", NULL) : NULL;
    if (none != NULL) {
        Py_DecRef(none);
    } else {
        PyErr_Clear();
    }
}

int start(const char *module, const char *init, PyMethodDef *back) {
    Py_InitializeEx(0);
    attached = PyDict_New();
    PyObject *space = PyDict_New();
    if (attached == NULL || space == NULL || make_module(module, back) != 0 ||
        run(init, space) != 0) {
        print();
        return -1;
    }
    Py_DecRef(space);
    for (int i = 0; i < FUNCTIONS; i++) {
        /* Borrowed from the dictionary, which is never emptied. */
        functions[i] = PyDict_GetItemString(attached, names[i]);
        if (functions[i] == NULL) {
            fprintf(stderr, "the init code attaches no function named %s\n", names[i]);
            return -1;
        }
    }
    return 0;
}
