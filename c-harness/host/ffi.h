// Calling C functions whose type is only known from a plan.
#ifndef EMBEDCHECK_FFI_H
#define EMBEDCHECK_FFI_H

#include <stdbool.h>

#include "plan.h"

// A C type, by its letter in a plan.
enum ffi_kind {
    FFI_VOID = 'v',
    FFI_INT = 'i',
    FFI_LONG = 'l',
    FFI_DOUBLE = 'd',
    FFI_POINTER = 'p',
    FFI_STRING = 's',
};

// All the letters.
extern const char ffi_letters[];

struct ffi_signature {
    char result;
    char arguments[PLAN_MAX_ARGUMENTS]; // Never FFI_VOID.
    int count;
};

// `d` goes through `real`, everything else through `integer`; an `int` as its value.
union ffi_value {
    long integer;
    double real;
};

// Calls the function, with errno set to `errno_before`; `*errno_after` is errno right after.
union ffi_value ffi_call(void *function, const struct ffi_signature *signature,
                         const union ffi_value *arguments, int errno_before, int *errno_after);

#endif
