// The tokens of one line, read from left to right by the parsers of the steps.
//
// Each function takes the next token, stores what it means and returns true; or records an error
// with its column and returns false. `wanted` names for the reader of a message what is expected.
#ifndef EMBEDCHECK_CURSOR_H
#define EMBEDCHECK_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lex.h"
#include "plan.h"

struct cursor {
    size_t line;
    size_t end; // Column behind the last byte, for errors about what is missing.
    const struct token *tokens;
    size_t count;
    size_t next;
    struct plan_error *error;
};

// Records an error; false. A macro, so that the compiler sees that what follows a failure has no
// token.
#define cursor_fail(...) (cursor_record(__VA_ARGS__), false)

__attribute__((format(printf, 3, 4))) void cursor_record(struct cursor *cursor, size_t column,
                                                         const char *format, ...);

bool cursor_more(const struct cursor *cursor);
bool cursor_finish(struct cursor *cursor);

bool cursor_token(struct cursor *cursor, const char *wanted, const struct token **token);
bool cursor_word(struct cursor *cursor, const char *wanted, const struct token **token);
bool cursor_string(struct cursor *cursor, const char *wanted, const char **text);

// The next token if it is a word that starts with `prefix`, else null. Never an error.
const struct token *cursor_option(struct cursor *cursor, const char *prefix);

typedef char plan_name[PLAN_MAX_NAME + 1];

bool cursor_name(struct cursor *cursor, const char *wanted, plan_name name);

// A name that `open` may define: not `default`.
bool cursor_new_handle(struct cursor *cursor, plan_name name);

// A handle, or `default`.
bool cursor_handle(struct cursor *cursor, plan_name name);

// dlopen flags such as NOW|LOCAL, as numbers of this platform.
bool cursor_flags(struct cursor *cursor, int *flags);

// A decimal integer.
bool cursor_number(struct cursor *cursor, const char *wanted, int64_t low, int64_t high,
                   int64_t *value);

// The same for parts of tokens; `column` is where the text stands.
bool text_name(struct cursor *cursor, size_t column, const char *text, plan_name name);
bool text_number(struct cursor *cursor, size_t column, const char *text, const char *wanted,
                 int64_t low, int64_t high, int64_t *value);
// Decimal, or 0x… with all 64 bits.
bool text_integer(struct cursor *cursor, size_t column, const char *text, int64_t *value);
bool text_double(struct cursor *cursor, size_t column, const char *text, double *value);

#endif
