// One line of a plan to tokens.
#ifndef EMBEDCHECK_LEX_H
#define EMBEDCHECK_LEX_H

#include <stdbool.h>
#include <stddef.h>

struct token {
    bool quoted;
    size_t column;    // In bytes, from 1.
    const char *text; // Without quotes and escapes, ended by NUL, holds no other NUL.
};

struct tokens {
    struct token *items;
    size_t count;
    size_t capacity;
};

struct lex_error {
    size_t column;
    const char *text;
};

// Replaces what `tokens` holds. `line` has no newline and may hold any bytes. False after an error.
bool lex_line(const char *line, size_t length, struct tokens *tokens, struct lex_error *error);

#endif
