#include "lex.h"

#include <string.h>

#include "memory.h"
#include "utf8.h"

struct lexer {
    const char *line;
    size_t length;
    size_t at;
    struct lex_error *error;
};

static bool fail(struct lexer *lexer, size_t at, const char *text) {
    *lexer->error = (struct lex_error){.column = at + 1, .text = text};
    return false;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static bool is_control(char byte) {
    const unsigned char code = (unsigned char)byte;
    return code < 0x20 || code == 0x7F;
}

static void push(struct tokens *tokens, struct token token) {
    if (tokens->count == tokens->capacity) {
        tokens->capacity = 2 * tokens->capacity + 8;
        tokens->items = memory_resize(tokens->items, tokens->capacity * sizeof *tokens->items);
    }
    tokens->items[tokens->count++] = token;
}

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    const char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Reads the escape whose backslash is at `lexer->at`, and steps over it.
static bool escape(struct lexer *lexer, char *result) {
    static const char names[] = "\\\"ntr", values[] = "\\\"\n\t\r";
    const size_t left = lexer->length - lexer->at;
    const char *text = lexer->line + lexer->at;
    const char *name = left >= 2 && text[1] != '\0' ? strchr(names, text[1]) : NULL;
    if (name != NULL) {
        *result = values[name - names];
        lexer->at += 2;
        return true;
    }
    if (left < 2 || text[1] != 'x') {
        return fail(lexer, lexer->at, "unknown escape: one of \\\\ \\\" \\n \\t \\r \\xHH");
    }
    const int high = left >= 4 ? hex_digit(text[2]) : -1;
    const int low = left >= 4 ? hex_digit(text[3]) : -1;
    if (high < 0 || low < 0) {
        return fail(lexer, lexer->at, "\\x needs two hexadecimal digits");
    }
    if (high == 0 && low == 0) {
        return fail(lexer, lexer->at, "\\x00 would end a C string");
    }
    *result = (char)(high << 4 | low);
    lexer->at += 4;
    return true;
}

// Reads the string whose opening quote is at `lexer->at`.
static bool string(struct lexer *lexer, struct token *token) {
    const size_t start = lexer->at++;
    // Escapes only ever shorten.
    char *text = memory_keep(lexer->length - start);
    size_t used = 0;
    for (;;) {
        if (lexer->at >= lexer->length) {
            return fail(lexer, start, "the string is not closed");
        }
        const char byte = lexer->line[lexer->at];
        if (byte == '"') {
            break;
        }
        if (byte == '\\') {
            if (!escape(lexer, &text[used++])) {
                return false;
            }
            continue;
        }
        if (is_control(byte) && byte != '\t') {
            return fail(lexer, lexer->at, "a control character in a string is written \\xHH");
        }
        text[used++] = byte;
        lexer->at++;
    }
    const size_t raw = lexer->at - start;
    if (utf8_valid_up_to(lexer->line + start, raw) != raw) {
        return fail(lexer, start, "not UTF-8: write other bytes as \\xHH");
    }
    lexer->at++;
    if (lexer->at < lexer->length && !is_blank(lexer->line[lexer->at])) {
        return fail(lexer, lexer->at, "a blank must follow the closing quote");
    }
    *token = (struct token){.quoted = true, .column = start + 1, .text = text};
    return true;
}

static bool word(struct lexer *lexer, struct token *token) {
    const size_t start = lexer->at;
    for (; lexer->at < lexer->length && !is_blank(lexer->line[lexer->at]); lexer->at++) {
        const char byte = lexer->line[lexer->at];
        if (byte == '"') {
            return fail(lexer, lexer->at, "a quote may only begin a token");
        }
        if (byte == '#') {
            return fail(lexer, lexer->at, "a comment needs a blank in front");
        }
        if (is_control(byte)) {
            return fail(lexer, lexer->at, "control character");
        }
    }
    const size_t length = lexer->at - start;
    const size_t valid = utf8_valid_up_to(lexer->line + start, length);
    if (valid != length) {
        return fail(lexer, start + valid, "not UTF-8");
    }
    char *text = memory_keep(length + 1);
    memcpy(text, lexer->line + start, length);
    *token = (struct token){.quoted = false, .column = start + 1, .text = text};
    return true;
}

bool lex_line(const char *line, size_t length, struct tokens *tokens, struct lex_error *error) {
    struct lexer lexer = {.line = line, .length = length, .error = error};
    tokens->count = 0;
    while (lexer.at < length && line[lexer.at] != '#') {
        if (is_blank(line[lexer.at])) {
            lexer.at++;
            continue;
        }
        struct token token;
        if (!(line[lexer.at] == '"' ? string(&lexer, &token) : word(&lexer, &token))) {
            return false;
        }
        push(tokens, token);
    }
    return true;
}
