// symbols, python, prefix.
#include <dlfcn.h>
#include <stddef.h>

#include "binding.h"
#include "facts.h"
#include "library.h"

static bool report_symbol(const struct binding *binding, void *context) {
    struct json *json = context;
    json_raw(json, ",");
    json_string(json, binding->name);
    json_raw(json, ":");
    const void *address = dlsym(binding->library, "Py_IsInitialized");
    if (address != NULL) {
        json_place(json, address);
    } else {
        json_raw(json, "null");
    }
    return true;
}

void fact_symbols(struct json *json) {
    const void *address = dlsym(RTLD_DEFAULT, "Py_IsInitialized");
    json_raw(json, "{\"default\":");
    if (address != NULL) {
        json_place(json, address);
    } else {
        json_raw(json, "null");
    }
    binding_each_handle(report_symbol, json);
    json_raw(json, "}");
    dlerror();
}

struct search {
    void *library;
    bool found;
};

static bool has_python(const struct binding *binding, void *context) {
    struct search *search = context;
    search->library = binding->library;
    search->found = dlsym(binding->library, "Py_IsInitialized") != NULL;
    return !search->found;
}

static struct search find_python(void) {
    struct search search = {.library = RTLD_DEFAULT};
    search.found = dlsym(RTLD_DEFAULT, "Py_IsInitialized") != NULL;
    if (!search.found) {
        binding_each_handle(has_python, &search);
    }
    dlerror();
    return search;
}

typedef int int_function(void);

static bool is_initialized(void *library) {
    int_function *function = (int_function *)dlsym(library, "Py_IsInitialized");
    return function != NULL && function() != 0;
}

void fact_python(struct json *json) {
    const struct search python = find_python();
    if (!python.found) {
        json_raw(json, "null");
        return;
    }
    json_raw(json, "{\"initialized\":");
    json_bool(json, is_initialized(python.library));
    json_raw(json, "}");
}

// As far as `prefix` needs them; none is a macro in any version.
struct python_api {
    int (*ensure)(void);
    void (*release)(int);
    const char *(*version)(void);
    void *(*sys_object)(const char *);
    void *(*encode)(void *);          // Null before 3.2, where sys.prefix is bytes already.
    const char *(*as_string)(void *); // Of bytes.
    void (*clear)(void);
    void (*decref)(void *);
};

static bool load_api(void *library, struct python_api *api) {
    // Stored through a void pointer, as the manual page of dlsym recommends.
    *(void **)&api->ensure = dlsym(library, "PyGILState_Ensure");
    *(void **)&api->release = dlsym(library, "PyGILState_Release");
    *(void **)&api->version = dlsym(library, "Py_GetVersion");
    *(void **)&api->sys_object = dlsym(library, "PySys_GetObject");
    *(void **)&api->encode = dlsym(library, "PyUnicode_EncodeFSDefault");
    *(void **)&api->as_string =
        dlsym(library, api->encode != NULL ? "PyBytes_AsString" : "PyString_AsString");
    *(void **)&api->clear = dlsym(library, "PyErr_Clear");
    *(void **)&api->decref = dlsym(library, "Py_DecRef");
    dlerror();
    return api->ensure != NULL && api->release != NULL && api->version != NULL &&
           api->sys_object != NULL && api->as_string != NULL && api->clear != NULL &&
           api->decref != NULL;
}

// Appends the text of an attribute of sys, or null if it is none.
static void report_sys(struct json *json, const struct python_api *api, const char *attribute) {
    void *object = api->sys_object(attribute); // Borrowed.
    void *encoded = object != NULL && api->encode != NULL ? api->encode(object) : NULL;
    void *bytes = api->encode != NULL ? encoded : object;
    json_string(json, bytes != NULL ? api->as_string(bytes) : NULL);
    if (encoded != NULL) {
        api->decref(encoded);
    }
    api->clear();
}

void fact_prefix(struct json *json) {
    const struct search python = find_python();
    struct python_api api;
    if (!python.found || !is_initialized(python.library) || !load_api(python.library, &api)) {
        json_raw(json, "null");
        return;
    }
    const int state = api.ensure();
    json_raw(json, "{\"prefix\":");
    report_sys(json, &api, "prefix");
    json_raw(json, ",\"executable\":");
    report_sys(json, &api, "executable");
    json_raw(json, ",\"version\":");
    json_string(json, api.version());
    json_raw(json, "}");
    api.release(state);
}
