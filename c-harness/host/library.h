// Looking things up in the libraries that a plan has opened.
#ifndef EMBEDCHECK_LIBRARY_H
#define EMBEDCHECK_LIBRARY_H

#include <stdbool.h>

#include "cursor.h"
#include "event.h"

// HANDLE SYMBOL, as several steps have it.
struct callee {
    plan_name handle;
    const char *symbol;
};

bool parse_callee(struct cursor *cursor, struct callee *callee);

// What dlsym takes: RTLD_DEFAULT or what dlopen gave. Fails the outcome if the handle is not open.
bool library_find(const char *handle, void **library, struct outcome *outcome);

// The address of a symbol. Fails the outcome if there is no such handle or symbol.
bool library_symbol(const char *handle, const char *symbol, void **address,
                    struct outcome *outcome);

// Path of the file that an address belongs to, as ld.so knows it; for the program itself, where
// /proc/self/exe leads. False if it belongs to none. `path` has room for PATH_MAX bytes.
bool address_file(const void *address, char *path);

// Appends {"address": …, "file": …}.
void json_place(struct json *json, const void *address);

#endif
