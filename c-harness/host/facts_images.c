// images: every copy of Python that is mapped.
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "facts.h"
#include "image.h"
#include "library.h"
#include "memory.h"

// One link map of each namespace that is known.
struct space {
    Lmid_t id;
    const struct link_map *map;
};

struct spaces {
    struct space *items;
    size_t count;
    size_t capacity;
};

static void append(struct spaces *spaces, struct space space) {
    if (spaces->count == spaces->capacity) {
        spaces->capacity = 2 * spaces->capacity + 4;
        spaces->items = memory_resize(spaces->items, spaces->capacity * sizeof *spaces->items);
    }
    spaces->items[spaces->count++] = space;
}

static void add_space(struct spaces *spaces, void *library) {
    struct space space;
    struct link_map *map;
    if (dlinfo(library, RTLD_DI_LMID, &space.id) != 0 ||
        dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) {
        return;
    }
    for (size_t i = 0; i < spaces->count; i++) {
        if (spaces->items[i].id == space.id) {
            return;
        }
    }
    space.map = map;
    append(spaces, space);
}

static bool add_handle(const struct binding *binding, void *context) {
    add_space(context, binding->library);
    return true;
}

static void report(struct json *json, const struct space *space, const struct link_map *map,
                   const char *separator) {
    char path[PATH_MAX], build_id[BUILD_ID_TEXT];
    json_raw(json, separator);
    json_raw(json, "{\"path\":");
    json_string(json, address_file(map->l_ld, path) ? path : map->l_name);
    json_raw(json, ",\"base\":");
    json_base(json, map->l_addr);
    json_raw(json, ",\"build_id\":");
    json_string(json, image_build_id(map, build_id) ? build_id : NULL);
    json_raw(json, ",\"soname\":");
    json_string(json, image_soname(map));
    json_raw(json, ",\"namespace\":");
    json_integer(json, space->id);
    json_raw(json, "}");
}

struct walk {
    const struct spaces *spaces;
    // What was found: the maps of all Pythons, with their namespaces.
    struct spaces pythons;
};

// Called by dl_iterate_phdr for the sake of its lock: while it is held, no thread adds a link map
// to any namespace or removes one. (dl_iterate_phdr itself only knows the caller's namespace.)
static int walk_spaces(struct dl_phdr_info *info, size_t size, void *data) {
    struct walk *walk = data;
    (void)info;
    (void)size;
    for (size_t i = 0; i < walk->spaces->count; i++) {
        const struct space *space = &walk->spaces->items[i];
        const struct link_map *map = space->map;
        while (map->l_prev != NULL) {
            map = map->l_prev;
        }
        for (; map != NULL; map = map->l_next) {
            if (image_defines(map, "Py_IsInitialized")) {
                append(&walk->pythons, (struct space){.id = space->id, .map = map});
            }
        }
    }
    return 1;
}

void fact_images(struct json *json) {
    struct spaces spaces = {0};
    void *program = dlopen(NULL, RTLD_LAZY);
    if (program != NULL) {
        add_space(&spaces, program);
    }
    binding_each_handle(add_handle, &spaces);
    struct walk walk = {.spaces = &spaces};
    dl_iterate_phdr(walk_spaces, &walk);
    // Asked for without that lock: dladdr takes another, which a dlopen in another thread may hold
    // while it waits for this one. A plan whose threads close a Python meanwhile has no such facts.
    json_raw(json, "[");
    for (size_t i = 0; i < walk.pythons.count; i++) {
        const struct space *python = &walk.pythons.items[i];
        report(json, python, python->map, i == 0 ? "" : ",");
    }
    json_raw(json, "]");
    free(walk.pythons.items);
    free(spaces.items);
    if (program != NULL) {
        dlclose(program);
    }
    dlerror();
}
