// Functions that are linked into the host, for hosts whose DLL is linked or statically inside.
//
// The host can be compiled again with one more C file, made for a DLL's functions:
//
//     #include "builtin.h"
//     extern int add1(int, int);
//     const struct embedcheck_builtin embedcheck_builtins[] = {
//         {"add1", (void *)add1},
//         {0, 0},
//     };
//
// A handle opened as `self` resolves symbols in this table first, then with dlsym(dlopen(NULL)).
// The table makes the linker see the functions as used: a DLL stays in DT_NEEDED under --as-needed,
// and static functions are found although they are in no dynamic symbol table. Without such a file
// the table is empty (builtin.c holds a weak one).
#ifndef EMBEDCHECK_BUILTIN_H
#define EMBEDCHECK_BUILTIN_H

struct embedcheck_builtin {
    const char *name;
    void *address; // Of a function or a variable.
};

// Ended by an entry whose name is null.
extern const struct embedcheck_builtin embedcheck_builtins[];

#endif
