// One function type serves every signature.
//
// The System V psABI for AMD64 (section 3.2.3, "Parameter Passing") and AAPCS64 (section 6.8.2,
// "Parameter passing rules") hand out integer and floating-point arguments from two independent
// sets of registers, each in the order of the arguments of that class: rdi rsi rdx rcx r8 r9 or
// x0-x7, and xmm0-xmm7 or d0-d7. With at most six arguments nothing goes to the stack. So a
// function sees the same registers whether it is called by its own type or as f(six longs, six
// doubles): it reads those that its type names and ignores the others, which are the caller's to
// clobber. Results come back in rax or x0, and in xmm0 or d0.
//
// An `int` argument is passed in the low half of its register (the high half is unspecified); an
// `int` result is read from there. Functions with `...` cannot be called: their callee looks at
// more.
#include "ffi.h"

#include <errno.h>

#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
#error "ffi_call relies on the calling conventions of Linux on x86-64 and AArch64"
#endif

_Static_assert(sizeof(long) == 8 && sizeof(void *) == 8 && sizeof(double) == 8,
               "ffi_call relies on LP64: not x32, not ILP32");
_Static_assert(PLAN_MAX_ARGUMENTS == 6, "six registers of each class are handed over");

const char ffi_letters[] = "vildps";

#define PARAMETERS                                                                                 \
    long, long, long, long, long, long, double, double, double, double, double, double
typedef long integer_function(PARAMETERS);
typedef double real_function(PARAMETERS);

union ffi_value ffi_call(void *function, const struct ffi_signature *signature,
                         const union ffi_value *arguments, int errno_before, int *errno_after) {
    long i[PLAN_MAX_ARGUMENTS] = {0};
    double d[PLAN_MAX_ARGUMENTS] = {0};
    int integers = 0, reals = 0;
    for (int k = 0; k < signature->count; k++) {
        if (signature->arguments[k] == FFI_DOUBLE) {
            d[reals++] = arguments[k].real;
        } else {
            i[integers++] = arguments[k].integer;
        }
    }
    union ffi_value result = {.integer = 0};
    // POSIX promises that a pointer from dlsym can be converted so.
    if (signature->result == FFI_DOUBLE) {
        real_function *real = (real_function *)function;
        errno = errno_before;
        result.real = real(i[0], i[1], i[2], i[3], i[4], i[5], d[0], d[1], d[2], d[3], d[4], d[5]);
    } else {
        integer_function *integer = (integer_function *)function;
        errno = errno_before;
        result.integer =
            integer(i[0], i[1], i[2], i[3], i[4], i[5], d[0], d[1], d[2], d[3], d[4], d[5]);
    }
    *errno_after = errno;
    if (signature->result == FFI_INT) {
        result.integer = (int)result.integer;
    }
    return result;
}
