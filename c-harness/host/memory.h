// Allocation that cannot fail: a host without memory could not even report so.
#ifndef EMBEDCHECK_MEMORY_H
#define EMBEDCHECK_MEMORY_H

#include <stddef.h>

// Zeroed memory from malloc, for the caller to free. Ends the process with code 3 if there is none.
void *memory_new(size_t size);

// realloc with the same promise. `pointer` may be null.
void *memory_resize(void *pointer, size_t size);

// Zeroed memory that lives as long as the process: everything that comes from the plan. Not
// thread-safe: for parsing only.
void *memory_keep(size_t size);

#endif
