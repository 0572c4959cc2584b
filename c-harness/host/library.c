#include "library.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "binding.h"
#include "builtin.h"

bool parse_callee(struct cursor *cursor, struct callee *callee) {
    const struct token *token;
    if (!cursor_handle(cursor, callee->handle) ||
        !cursor_word(cursor, "the name of a symbol", &token)) {
        return false;
    }
    callee->symbol = token->text;
    return true;
}

static bool find(const char *handle, void **library, bool *is_self, struct outcome *outcome) {
    *is_self = false;
    if (strcmp(handle, "default") == 0) {
        *library = RTLD_DEFAULT;
        return true;
    }
    struct binding binding;
    if (!binding_find(BINDING_HANDLE, handle, &binding)) {
        outcome_fail(outcome, "no handle \"%s\"", handle);
        return false;
    }
    *library = binding.library;
    *is_self = binding.is_self;
    return true;
}

bool library_find(const char *handle, void **library, struct outcome *outcome) {
    bool is_self;
    return find(handle, library, &is_self, outcome);
}

bool library_symbol(const char *handle, const char *symbol, void **address,
                    struct outcome *outcome) {
    void *library;
    bool is_self;
    if (!find(handle, &library, &is_self, outcome)) {
        return false;
    }
    if (is_self) {
        for (const struct embedcheck_builtin *at = embedcheck_builtins; at->name != NULL; at++) {
            if (strcmp(at->name, symbol) == 0) {
                *address = at->address;
                return true;
            }
        }
    }
    dlerror();
    *address = dlsym(library, symbol);
    if (*address == NULL) {
        const char *error = dlerror();
        outcome_fail(outcome, "no symbol \"%s\": %s", symbol,
                     error != NULL ? error : "its address is null");
    }
    return *address != NULL;
}

bool address_file(const void *address, char *path) {
    Dl_info info;
    struct link_map *map = NULL;
    if (dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL) {
        return false;
    }
    // ld.so has no name for the program; dladdr would say argv[0].
    if (map->l_name[0] == '\0') {
        const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
        if (length > 0) {
            path[length] = '\0';
            return true;
        }
    }
    snprintf(path, PATH_MAX, "%s", map->l_name[0] != '\0' ? map->l_name : info.dli_fname);
    return true;
}

void json_place(struct json *json, const void *address) {
    char path[PATH_MAX];
    json_raw(json, "{\"address\":");
    json_address(json, (uintptr_t)address);
    json_raw(json, ",\"file\":");
    json_string(json, address_file(address, path) ? path : NULL);
    json_raw(json, "}");
}
