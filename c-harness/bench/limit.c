/* What the C API itself costs: the fastest calls of Python functions that can be written by hand,
   to measure others against. Each costs what it would cost compiled against the headers of the
   Python that it runs with. Nothing is checked, nothing survives the end of the interpreter or a
   fork, and the states of ended threads are leaked. */

#include "exported.h"
#include "point.h"
#include "references.h"
#include "start.h"
#include "vectorcall.h"

EXPORT int limit_initialise(const char *module, const char *init);
EXPORT int limit_hold(void);
EXPORT int limit_release(void);

static vectorcall_t vectorcall;
static _Thread_local PyThreadState *state;
static _Thread_local int held;

/* Does not give up the GIL: whoever writes this by hand knows that the function is quick. */
static PyObject *back(PyObject *self, PyObject *x) {
    (void)self;
    return PyLong_FromLong(PyLong_AsLong(x) + 1);
}

/* Starts the interpreter and runs the init code, which imports from the module of that name.
   Afterwards the calling thread is detached. Returns 0, or -1 with what is wrong printed. */
int limit_initialise(const char *module, const char *init) {
    static PyMethodDef back_method = {"back", back, METH_O, NULL};
    int status = start(module, init, &back_method);
    vectorcall = vectorcall_find();
    if (status == 0 && (references_measure() != 0 || point_prepare() != 0)) {
        PyErr_Print();
        status = -1;
    }
    state = PyEval_SaveThread();
    return status;
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

static inline void enter(void) {
    if (!held) {
        attach();
    }
}

static inline void leave(void) {
    if (!held) {
        PyEval_SaveThread();
    }
}

/* The arguments stand behind a place that the callee may write to. */
static inline PyObject *call(int function, PyObject **stack, size_t count) {
    return vectorcall(functions[function], stack + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

/* Takes the reference away. */
static inline int to_int(PyObject *object) {
    const int value = (int)PyLong_AsLong(object);
    release(object);
    return value;
}

/* Calls with one argument, which it takes away. */
static inline PyObject *call_with(int function, PyObject *argument) {
    PyObject *stack[2] = {NULL, argument};
    PyObject *result = call(function, stack, 1);
    release(argument);
    return result;
}

int add1(int x, int y) {
    enter();
    PyObject *stack[3] = {NULL, PyLong_FromLong(x), PyLong_FromLong(y)};
    const int result = to_int(call(ADD1, stack, 2));
    release(stack[1]);
    release(stack[2]);
    leave();
    return result;
}

void nop(void) {
    enter();
    PyObject *stack[1] = {NULL};
    release(call(NOP, stack, 0));
    leave();
}

double scale(double x) {
    enter();
    PyObject *object = call_with(SCALE, PyFloat_FromDouble(x));
    const double result = PyFloat_AsDouble(object);
    release(object);
    leave();
    return result;
}

int len(const char *text) {
    enter();
    const int result = to_int(call_with(LEN, PyBytes_FromString(text)));
    leave();
    return result;
}

int sum(point_t *point) {
    enter();
    const int result = to_int(call_with(SUM, point_object(point)));
    leave();
    return result;
}

int raises(int x) {
    int result = -1;
    enter();
    PyObject *object = call_with(RAISES, PyLong_FromLong(x));
    if (object != NULL) {
        result = to_int(object);
    } else {
        PyErr_Clear();
    }
    leave();
    return result;
}

int round_trip(int x) {
    enter();
    const int result = to_int(call_with(ROUND_TRIP, PyLong_FromLong(x)));
    leave();
    return result;
}

long long init_time(int end) {
    enter();
    PyObject *object = call_with(INIT_TIME, PyLong_FromLong(end));
    const long long result = PyLong_AsLongLong(object);
    release(object);
    leave();
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
