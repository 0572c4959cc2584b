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

/* Starts the interpreter, unless it runs, and runs the init code, which imports from the module of
   that name. The caller is not attached, and is not afterwards. Returns 0, or -1 with what is wrong
   printed. */
int limit_initialise(const char *module, const char *init) {
    static PyMethodDef back_method = {"back", back, METH_O, NULL};
    if (Py_IsInitialized()) {
        /* Never released, so that the state stays. */
        PyGILState_Ensure();
    }
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

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

ALWAYS_INLINE void enter(void) {
    if (!held) {
        attach();
    }
}

ALWAYS_INLINE void leave(void) {
    if (!held) {
        PyEval_SaveThread();
    }
}

/* The arguments stand behind a place that the callee may write to. */
ALWAYS_INLINE PyObject *call(int function, PyObject **stack, size_t count) {
    return vectorcall(functions[function], stack + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

/* Takes the reference away. */
ALWAYS_INLINE int to_int(enum layout layout, PyObject *object) {
    const int value = (int)PyLong_AsLong(object);
    release_in(layout, object);
    return value;
}

/* Calls with one argument, which it takes away. */
ALWAYS_INLINE PyObject *call_with(enum layout layout, int function, PyObject *argument) {
    PyObject *stack[2] = {NULL, argument};
    PyObject *result = call(function, stack, 1);
    release_in(layout, argument);
    return result;
}

ALWAYS_INLINE int add1_in(enum layout layout, int x, int y) {
    enter();
    PyObject *stack[3] = {NULL, PyLong_FromLong(x), PyLong_FromLong(y)};
    const int result = to_int(layout, call(ADD1, stack, 2));
    release_in(layout, stack[1]);
    release_in(layout, stack[2]);
    leave();
    return result;
}

ALWAYS_INLINE void nop_in(enum layout layout) {
    enter();
    PyObject *stack[1] = {NULL};
    release_in(layout, call(NOP, stack, 0));
    leave();
}

ALWAYS_INLINE double scale_in(enum layout layout, double x) {
    enter();
    PyObject *object = call_with(layout, SCALE, PyFloat_FromDouble(x));
    const double result = PyFloat_AsDouble(object);
    release_in(layout, object);
    leave();
    return result;
}

ALWAYS_INLINE int len_in(enum layout layout, const char *text) {
    enter();
    const int result = to_int(layout, call_with(layout, LEN, PyBytes_FromString(text)));
    leave();
    return result;
}

ALWAYS_INLINE int sum_in(enum layout layout, point_t *point) {
    enter();
    const int result = to_int(layout, call_with(layout, SUM, point_object(point)));
    leave();
    return result;
}

ALWAYS_INLINE int raises_in(enum layout layout, int x) {
    int result = -1;
    enter();
    PyObject *object = call_with(layout, RAISES, PyLong_FromLong(x));
    if (object != NULL) {
        result = to_int(layout, object);
    } else {
        PyErr_Clear();
    }
    leave();
    return result;
}

ALWAYS_INLINE int round_trip_in(enum layout layout, int x) {
    enter();
    const int result = to_int(layout, call_with(layout, ROUND_TRIP, PyLong_FromLong(x)));
    leave();
    return result;
}

ALWAYS_INLINE long long init_time_in(enum layout layout, int end) {
    enter();
    PyObject *object = call_with(layout, INIT_TIME, PyLong_FromLong(end));
    const long long result = PyLong_AsLongLong(object);
    release_in(layout, object);
    leave();
    return result;
}

/* One body for each layout, with nothing left in it that asks for the layout: what headers give,
   and one comparison or two before it. */
#define EXPORTED(type, name, parameters, arguments)                                                \
    type name parameters {                                                                         \
        if (references_layout == LAYOUT_IMMORTAL) {                                                \
            const enum layout layout = LAYOUT_IMMORTAL;                                            \
            return name##_in arguments;                                                            \
        }                                                                                          \
        if (references_layout == LAYOUT_COUNT) {                                                   \
            const enum layout layout = LAYOUT_COUNT;                                               \
            return name##_in arguments;                                                            \
        }                                                                                          \
        const enum layout layout = LAYOUT_OTHER;                                                   \
        return name##_in arguments;                                                                \
    }

EXPORTED(int, add1, (int x, int y), (layout, x, y))
EXPORTED(void, nop, (void), (layout))
EXPORTED(double, scale, (double x), (layout, x))
EXPORTED(int, len, (const char *text), (layout, text))
EXPORTED(int, sum, (point_t * point), (layout, point))
EXPORTED(int, raises, (int x), (layout, x))
EXPORTED(int, round_trip, (int x), (layout, x))
EXPORTED(long long, init_time, (int end), (layout, end))

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
