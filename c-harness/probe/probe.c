#include "probe.h"

#include <pthread.h>
#include <stdlib.h>

#include "helper.h"
#include "python.h"

#define EXPORT __attribute__((visibility("default")))

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The last text that each thread was given. Not behind a pthread key: keys of two copies of libc,
   in two namespaces, have the same numbers and share their values (seen with glibc 2.36). Not
   _Thread_local: that would need ld.so in DT_NEEDED. */
struct last_text {
    struct last_text *next;
    pthread_t thread;
    char *text;
};

static pthread_mutex_t last_texts_lock = PTHREAD_MUTEX_INITIALIZER;
static struct last_text *last_texts;

/* Frees the text that the calling thread was given before. Takes ownership of this one, and gives
   it back; null if there is no memory. */
static const char *keep_text(char *text) {
    const pthread_t self = pthread_self();
    struct last_text *entry;
    pthread_mutex_lock(&last_texts_lock);
    for (entry = last_texts; entry != NULL && !pthread_equal(entry->thread, self);) {
        entry = entry->next;
    }
    if (entry == NULL && (entry = calloc(1, sizeof *entry)) != NULL) {
        entry->thread = self;
        entry->next = last_texts;
        last_texts = entry;
    }
    if (entry != NULL) {
        free(entry->text);
        entry->text = text;
    } else {
        free(text);
    }
    pthread_mutex_unlock(&last_texts_lock);
    return entry != NULL ? text : NULL;
}

/* The usual naive way, on purpose: this is what the checks are about. Nothing here notices that
   another embedder is initialising Python in another thread. */
static void initialize(void) {
    if (!Py_IsInitialized()) {
        Py_InitializeEx(0);
        if (PyEval_InitThreads) {
            PyEval_InitThreads();
        }
        PyEval_SaveThread();
    }
}

/* The module of helpers, a borrowed reference; null with an exception set. Not made in
   `initialize`: that must not wait for the GIL, whose holder may be waiting for `initialize`. Two
   threads at once make the same functions twice, which is harmless. */
static PyObject *helper(void) {
    PyObject *module = PyImport_AddModule(PROBE_MODULE);
    if (module == NULL) {
        return NULL;
    }
    PyObject *ready = PyObject_GetAttrString(module, "ready");
    if (ready != NULL) {
        Py_DecRef(ready);
        return module;
    }
    PyErr_Clear();
    /* Prints its traceback itself; the caller's method call then fails with an AttributeError. */
    PyRun_SimpleString(helper_code);
    return module;
}

/* Prints the exception that stands for null. */
static PyObject *checked(PyObject *object) {
    if (object == NULL) {
        PyErr_Print();
    }
    return object;
}

static PyObject *call_with_text(const char *name, const char *text) {
    PyObject *module = helper();
    return checked(module != NULL ? PyObject_CallMethod(module, name, "s", text) : NULL);
}

/* Gives up the reference. */
static int to_int(PyObject *object) {
    long value;
    if (object == NULL) {
        return -1;
    }
    value = PyLong_AsLong(object);
    Py_DecRef(object);
    if (PyErr_Occurred()) {
        PyErr_Print();
    }
    return (int)value;
}

/* Gives up the reference. */
static const char *to_text(PyObject *object) {
    Py_ssize_t i, size = 0;
    char *text = NULL;
    if (object != NULL) {
        size = PyObject_Size(object);
        text = size > 0 ? malloc((size_t)size) : NULL;
    }
    for (i = 0; text != NULL && i < size; i++) {
        PyObject *byte = PySequence_GetItem(object, i);
        text[i] = byte != NULL ? (char)PyLong_AsLong(byte) : 0;
        if (byte != NULL) {
            Py_DecRef(byte);
        }
    }
    if (object != NULL) {
        Py_DecRef(object);
    }
    if (PyErr_Occurred()) {
        PyErr_Print();
    }
    return keep_text(text);
}

static PyGILState_STATE enter(void) {
    pthread_once(&once, initialize);
    return PyGILState_Ensure();
}

EXPORT int probe_init(void) {
    pthread_once(&once, initialize);
    return Py_IsInitialized() ? 42 : 0;
}

EXPORT int probe_add(int a, int b) {
    const PyGILState_STATE state = enter();
    PyObject *module = helper();
    const int result =
        to_int(checked(module != NULL ? PyObject_CallMethod(module, "add", "ii", a, b) : NULL));
    PyGILState_Release(state);
    return result;
}

EXPORT int probe_run(const char *code) {
    const PyGILState_STATE state = enter();
    const int result = to_int(call_with_text("run", code));
    PyGILState_Release(state);
    return result;
}

EXPORT const char *probe_eval(const char *code) {
    const PyGILState_STATE state = enter();
    const char *text = to_text(call_with_text("evaluate", code));
    PyGILState_Release(state);
    return text;
}

EXPORT const char *probe_import_all(const char *names) {
    const PyGILState_STATE state = enter();
    const char *text = to_text(call_with_text("import_all", names));
    PyGILState_Release(state);
    return text;
}
