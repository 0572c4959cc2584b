// call.
#include <stdint.h>
#include <string.h>

#include "binding.h"
#include "ffi.h"
#include "kinds.h"
#include "library.h"
#include "memory.h"

struct call_step {
    struct callee callee;
    struct ffi_signature signature;
    union ffi_value arguments[PLAN_MAX_ARGUMENTS];
    plan_name buffers[PLAN_MAX_ARGUMENTS]; // Not empty: the argument is that buffer's address.
    int errno_before;
};

static bool is_kind(char letter) {
    return letter != '\0' && strchr(ffi_letters, letter) != NULL;
}

static bool parse_signature(struct cursor *cursor, struct ffi_signature *signature) {
    const struct token *token;
    if (!cursor_word(cursor, "a signature such as i(ii)", &token)) {
        return false;
    }
    const char *text = token->text;
    const size_t length = strlen(text);
    const char *open = strchr(text, '(');
    if (open == NULL || text[length - 1] != ')') {
        return cursor_fail(cursor, token->column, "a signature looks like i(ii), not \"%.64s\"",
                           text);
    }
    if (open != text + 1 || !is_kind(text[0])) {
        return cursor_fail(cursor, token->column, "unknown result type: one of v i l d p s");
    }
    signature->result = text[0];
    for (const char *at = open + 1; at < text + length - 1; at++) {
        if (!is_kind(*at) || *at == FFI_VOID) {
            return cursor_fail(cursor, token->column, "unknown argument type: one of i l d p s");
        }
        if (signature->count == PLAN_MAX_ARGUMENTS) {
            return cursor_fail(cursor, token->column, "at most %d arguments are possible",
                               PLAN_MAX_ARGUMENTS);
        }
        signature->arguments[signature->count++] = *at;
    }
    return true;
}

static bool parse_pointer(struct cursor *cursor, const struct token *token, struct call_step *step,
                          int index) {
    const char *text = token->text;
    if (text[0] == '@') {
        return text_name(cursor, token->column + 1, text + 1, step->buffers[index]);
    }
    int64_t address;
    if (strncmp(text, "0x", 2) != 0) {
        return cursor_fail(cursor, token->column, "a pointer is null, @BUFFER or 0x…");
    }
    if (!text_integer(cursor, token->column, text, &address)) {
        return false;
    }
    step->arguments[index].integer = address;
    return true;
}

static bool parse_integer(struct cursor *cursor, const struct token *token, char kind,
                          union ffi_value *value) {
    int64_t number;
    if (!text_integer(cursor, token->column, token->text, &number)) {
        return false;
    }
    if (kind == FFI_INT && (number < INT32_MIN || number > INT32_MAX)) {
        return cursor_fail(cursor, token->column, "%.64s does not fit an int", token->text);
    }
    value->integer = number;
    return true;
}

static bool parse_argument(struct cursor *cursor, struct call_step *step, int index) {
    const char kind = step->signature.arguments[index];
    union ffi_value *value = &step->arguments[index];
    const struct token *token;
    char wanted[] = "an argument of type ?";
    wanted[sizeof wanted - 2] = kind;
    if (!cursor_token(cursor, wanted, &token)) {
        return false;
    }
    if (token->quoted && kind != FFI_STRING) {
        return cursor_fail(cursor, token->column, "%s is expected, without quotes", wanted);
    }
    if (token->quoted) {
        value->integer = (long)token->text;
        return true;
    }
    if ((kind == FFI_STRING || kind == FFI_POINTER) && strcmp(token->text, "null") == 0) {
        return true;
    }
    switch (kind) {
    case FFI_STRING:
        return cursor_fail(cursor, token->column,
                           "a string in double quotes, or null, is expected");
    case FFI_POINTER:
        return parse_pointer(cursor, token, step, index);
    case FFI_DOUBLE:
        return text_double(cursor, token->column, token->text, &value->real);
    default:
        return parse_integer(cursor, token, kind, value);
    }
}

bool parse_call(struct cursor *cursor, void **data) {
    struct call_step *step = memory_keep(sizeof *step);
    *data = step;
    if (!parse_callee(cursor, &step->callee) || !parse_signature(cursor, &step->signature)) {
        return false;
    }
    for (int i = 0; i < step->signature.count; i++) {
        if (!parse_argument(cursor, step, i)) {
            return false;
        }
    }
    const struct token *option = cursor_option(cursor, "errno=");
    int64_t number = 0;
    if (option != NULL && !text_number(cursor, option->column + 6, option->text + 6, "an errno",
                                       INT32_MIN, INT32_MAX, &number)) {
        return false;
    }
    step->errno_before = (int)number;
    return true;
}

static void report(struct json *value, char kind, union ffi_value result) {
    switch (kind) {
    case FFI_DOUBLE:
        json_double(value, result.real);
        break;
    case FFI_POINTER:
        json_address(value, (uintptr_t)result.integer);
        break;
    case FFI_STRING:
        json_string(value, (const char *)result.integer);
        break;
    case FFI_INT:
    case FFI_LONG:
        json_integer(value, result.integer);
        break;
    default:
        break;
    }
}

void run_call(const void *data, struct outcome *outcome) {
    const struct call_step *step = data;
    union ffi_value arguments[PLAN_MAX_ARGUMENTS];
    memcpy(arguments, step->arguments, sizeof arguments);
    for (int i = 0; i < step->signature.count; i++) {
        if (step->buffers[i][0] == '\0') {
            continue;
        }
        struct binding buffer;
        if (!binding_find(BINDING_BUFFER, step->buffers[i], &buffer)) {
            outcome_fail(outcome, "no buffer \"%s\"", step->buffers[i]);
            return;
        }
        arguments[i].integer = (long)buffer.bytes;
    }
    void *function;
    if (!library_symbol(step->callee.handle, step->callee.symbol, &function, outcome)) {
        return;
    }
    const union ffi_value result =
        ffi_call(function, &step->signature, arguments, step->errno_before, &outcome->error_number);
    report(&outcome->value, step->signature.result, result);
}
