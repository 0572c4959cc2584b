#include "memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"

enum { BLOCK_SIZE = 64 * 1024 };

// The blocks stay reachable from here, so that leak checkers see none of them as lost.
struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static struct block *blocks;

static _Noreturn void out_of_memory(void) {
    static const char text[] = "embedcheck host: out of memory\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        // Nothing is left to say it with; the exit code still does.
    }
    _exit(EXIT_EVENTS_LOST);
}

void *memory_resize(void *pointer, size_t size) {
    void *result = realloc(pointer, size > 0 ? size : 1);
    if (result == NULL) {
        out_of_memory();
    }
    return result;
}

void *memory_new(size_t size) {
    return memset(memory_resize(NULL, size), 0, size);
}

void *memory_keep(size_t size) {
    const size_t step = alignof(max_align_t);
    const size_t rounded = (size + step - 1) / step * step;
    if (blocks == NULL || blocks->size - blocks->used < rounded) {
        const size_t room = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        struct block *block = memory_new(sizeof *block + room);
        block->size = room;
        block->next = blocks;
        blocks = block;
    }
    void *result = blocks->bytes + blocks->used;
    blocks->used += rounded;
    return result;
}
