// open, promote, close, resolve.
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "kinds.h"
#include "library.h"
#include "memory.h"

struct open_step {
    plan_name handle;
    const char *path; // Null for `self`.
    int flags;
    bool new_namespace;
    plan_name in; // Empty for the host's own namespace.
};

bool parse_open(struct cursor *cursor, void **data) {
    struct open_step *step = memory_keep(sizeof *step);
    const struct token *token;
    if (!cursor_new_handle(cursor, step->handle) ||
        !cursor_token(cursor, "a path in double quotes, or self,", &token)) {
        return false;
    }
    if (!token->quoted && strcmp(token->text, "self") != 0) {
        return cursor_fail(cursor, token->column, "a path in double quotes, or self, is expected");
    }
    step->path = token->quoted ? token->text : NULL;
    if (!cursor_flags(cursor, &step->flags)) {
        return false;
    }
    const struct token *option = cursor_option(cursor, "in=");
    if (option != NULL) {
        if (!text_name(cursor, option->column + 3, option->text + 3, step->in)) {
            return false;
        }
    } else {
        option = cursor_option(cursor, "newlm");
        if (option != NULL && option->text[5] != '\0') {
            return cursor_fail(cursor, option->column, "newlm or in=HANDLE is expected");
        }
        step->new_namespace = option != NULL;
    }
    *data = step;
    return true;
}

// Fails the outcome if `in` is no open handle.
static bool namespace_of(const struct open_step *step, Lmid_t *space, struct outcome *outcome) {
    *space = LM_ID_BASE;
    if (step->new_namespace) {
        *space = LM_ID_NEWLM;
    } else if (step->in[0] != '\0') {
        void *library;
        if (!library_find(step->in, &library, outcome)) {
            return false;
        }
        if (library != RTLD_DEFAULT && dlinfo(library, RTLD_DI_LMID, space) != 0) {
            outcome_fail(outcome, "%s", dlerror());
            return false;
        }
    }
    return true;
}

static void fail_to_open(struct outcome *outcome, const char *path) {
    const char *error = dlerror();
    if (error != NULL) {
        outcome_fail(outcome, "%s", error);
    } else {
        // To dlopen with NOLOAD, a file that is there and not loaded is no error.
        outcome_fail(outcome, "not loaded: %s", path != NULL ? path : "self");
    }
}

void run_open(const void *data, struct outcome *outcome) {
    const struct open_step *step = data;
    Lmid_t space;
    if (!namespace_of(step, &space, outcome)) {
        return;
    }
    // dlmopen of the base namespace is not the same as dlopen for a library opened from a DLL, and
    // refuses some flags; so dlopen wherever it will do.
    void *library;
    errno = 0;
    if (step->new_namespace || step->in[0] != '\0') {
        library = dlmopen(space, step->path, step->flags);
    } else {
        library = dlopen(step->path, step->flags);
    }
    outcome->error_number = errno;
    if (library == NULL) {
        fail_to_open(outcome, step->path);
        return;
    }
    binding_add(BINDING_HANDLE, step->handle,
                (struct binding){.library = library, .is_self = step->path == NULL});
}

struct promote_step {
    const char *path;
    int flags;
};

bool parse_promote(struct cursor *cursor, void **data) {
    struct promote_step *step = memory_keep(sizeof *step);
    *data = step;
    step->flags = RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD;
    return cursor_string(cursor, "a path or soname", &step->path) &&
           (!cursor_more(cursor) || cursor_flags(cursor, &step->flags));
}

void run_promote(const void *data, struct outcome *outcome) {
    const struct promote_step *step = data;
    dlerror();
    errno = 0;
    void *library = dlopen(step->path, step->flags);
    outcome->error_number = errno;
    if (library == NULL) {
        fail_to_open(outcome, step->path);
    }
}

bool parse_close(struct cursor *cursor, void **data) {
    char *name = memory_keep(sizeof(plan_name));
    *data = name;
    return cursor_new_handle(cursor, name);
}

// Whether the file is still mapped in that namespace. Asking takes a reference, which is given
// back.
static bool is_mapped(const char *path, Lmid_t space) {
    const int flags = RTLD_LAZY | RTLD_NOLOAD;
    void *library = space == LM_ID_BASE ? dlopen(path, flags) : dlmopen(space, path, flags);
    if (library != NULL) {
        dlclose(library);
    }
    dlerror();
    return library != NULL;
}

void run_close(const void *data, struct outcome *outcome) {
    const char *name = data;
    void *library;
    if (!library_find(name, &library, outcome)) {
        return;
    }
    struct link_map *map = NULL;
    Lmid_t space = LM_ID_BASE;
    char *path = NULL;
    // ld.so's own name for the file: the path of the plan may be relative to another folder by now.
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && dlinfo(library, RTLD_DI_LMID, &space) == 0 &&
        map->l_name[0] != '\0') {
        path = strdup(map->l_name);
    }
    dlerror();
    errno = 0;
    const int result = dlclose(library);
    outcome->error_number = errno;
    if (result != 0) {
        outcome_fail(outcome, "%s", dlerror());
    } else {
        binding_drop(BINDING_HANDLE, name);
        json_raw(&outcome->value, "{\"mapped\":");
        // Only the program has no name, and it stays.
        json_bool(&outcome->value, path == NULL || is_mapped(path, space));
        json_raw(&outcome->value, "}");
    }
    free(path);
}

bool parse_resolve(struct cursor *cursor, void **data) {
    struct callee *callee = memory_keep(sizeof *callee);
    *data = callee;
    return parse_callee(cursor, callee);
}

void run_resolve(const void *data, struct outcome *outcome) {
    const struct callee *callee = data;
    void *address;
    if (library_symbol(callee->handle, callee->symbol, &address, outcome)) {
        json_place(&outcome->value, address);
    }
}
