/* What people write by hand when they call Python from C: PyGILState_Ensure and PyGILState_Release
   around PyObject_CallFunction, and exceptions printed. */

#include "exported.h"
#include "references.h"
#include "start.h"

EXPORT int naive_initialise(const char *module, const char *init);

/* The class of the argument of `sum`. */
static PyObject *point_class;

static PyObject *back(PyObject *self, PyObject *arguments) {
    int x;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "i", &x)) {
        return NULL;
    }
    return PyLong_FromLong(x + 1);
}

static PyObject *define_point(void) {
    static const char code[] = "class Point:\n"
                               "    def __init__(self, x, y):\n"
                               "        self.x = x\n"
                               "        self.y = y\n";
    PyObject *space = PyDict_New();
    /* Borrowed from the namespace, which stays. */
    return space != NULL && run(code, space) == 0 ? PyDict_GetItemString(space, "Point") : NULL;
}

/* Starts the interpreter and runs the init code, which imports from the module of that name.
   Afterwards the calling thread is detached. Returns 0, or -1 with what is wrong printed. */
int naive_initialise(const char *module, const char *init) {
    static PyMethodDef back_method = {"back", back, METH_VARARGS, NULL};
    int status = start(module, init, &back_method);
    if (status == 0) {
        point_class = define_point();
        if (references_measure() != 0 || point_class == NULL) {
            PyErr_Print();
            status = -1;
        }
    }
    PyEval_SaveThread();
    return status;
}

/* Both take the reference away. */
static int to_int(PyObject *object) {
    if (object == NULL) {
        PyErr_Print();
        return -1;
    }
    const long value = PyLong_AsLong(object);
    release(object);
    if (value == -1 && PyErr_Occurred()) {
        PyErr_Print();
    }
    return (int)value;
}

static double to_double(PyObject *object) {
    if (object == NULL) {
        PyErr_Print();
        return -1;
    }
    const double value = PyFloat_AsDouble(object);
    release(object);
    if (value == -1 && PyErr_Occurred()) {
        PyErr_Print();
    }
    return value;
}

int add1(int x, int y) {
    const PyGILState_STATE state = PyGILState_Ensure();
    const int result = to_int(PyObject_CallFunction(functions[ADD1], "ii", x, y));
    PyGILState_Release(state);
    return result;
}

void nop(void) {
    const PyGILState_STATE state = PyGILState_Ensure();
    PyObject *none = PyObject_CallFunction(functions[NOP], NULL);
    if (none != NULL) {
        release(none);
    } else {
        PyErr_Print();
    }
    PyGILState_Release(state);
}

double scale(double x) {
    const PyGILState_STATE state = PyGILState_Ensure();
    const double result = to_double(PyObject_CallFunction(functions[SCALE], "d", x));
    PyGILState_Release(state);
    return result;
}

int len(const char *text) {
    const PyGILState_STATE state = PyGILState_Ensure();
    const int result = to_int(PyObject_CallFunction(functions[LEN], "s", text));
    PyGILState_Release(state);
    return result;
}

int sum(point_t *point) {
    const PyGILState_STATE state = PyGILState_Ensure();
    int result = -1;
    PyObject *object = PyObject_CallFunction(point_class, "ii", point->x, point->y);
    if (object != NULL) {
        result = to_int(PyObject_CallFunction(functions[SUM], "O", object));
        release(object);
    } else {
        PyErr_Print();
    }
    PyGILState_Release(state);
    return result;
}

/* The one function whose exception is expected. */
int raises(int x) {
    const PyGILState_STATE state = PyGILState_Ensure();
    int result = -1;
    PyObject *object = PyObject_CallFunction(functions[RAISES], "i", x);
    if (object != NULL) {
        result = to_int(object);
    } else {
        PyErr_Clear();
    }
    PyGILState_Release(state);
    return result;
}

int round_trip(int x) {
    const PyGILState_STATE state = PyGILState_Ensure();
    const int result = to_int(PyObject_CallFunction(functions[ROUND_TRIP], "i", x));
    PyGILState_Release(state);
    return result;
}

long long init_time(int end) {
    const PyGILState_STATE state = PyGILState_Ensure();
    long long result = -1;
    PyObject *object = PyObject_CallFunction(functions[INIT_TIME], "i", end);
    if (object != NULL) {
        result = PyLong_AsLongLong(object);
        release(object);
    } else {
        PyErr_Print();
    }
    PyGILState_Release(state);
    return result;
}
