// Numbers in a plan. Not strtol: it accepts blanks, signs and digits that the format does not.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cursor.h"

static const char digits[] = "0123456789";

bool text_number(struct cursor *cursor, size_t column, const char *text, const char *wanted,
                 int64_t low, int64_t high, int64_t *value) {
    const bool negative = text[0] == '-';
    const char *start = text + negative;
    const size_t length = strspn(start, digits);
    bool good = length > 0 && start[length] == '\0';
    int64_t result = 0;
    for (const char *at = start; good && *at != '\0'; at++) {
        // Counted downwards: the negative numbers reach one further.
        good = !__builtin_mul_overflow(result, 10, &result) &&
               !__builtin_sub_overflow(result, *at - '0', &result);
    }
    if (good && !negative) {
        good = !__builtin_sub_overflow(0, result, &result);
    }
    if (!good) {
        return cursor_fail(cursor, column, "%s: \"%.64s\" is no such number", wanted, text);
    }
    if (result < low || result > high) {
        return cursor_fail(cursor, column, "%s lies between %lld and %lld", wanted, (long long)low,
                           (long long)high);
    }
    *value = result;
    return true;
}

bool cursor_number(struct cursor *cursor, const char *wanted, int64_t low, int64_t high,
                   int64_t *value) {
    const struct token *token;
    return cursor_word(cursor, wanted, &token) &&
           text_number(cursor, token->column, token->text, wanted, low, high, value);
}

bool text_integer(struct cursor *cursor, size_t column, const char *text, int64_t *value) {
    static const char hexadecimal[] = "0123456789abcdefABCDEF";
    if (strncmp(text, "0x", 2) != 0) {
        return text_number(cursor, column, text, "an integer", INT64_MIN, INT64_MAX, value);
    }
    const char *start = text + 2;
    const size_t length = strspn(start, hexadecimal);
    const size_t zeros = strspn(start, "0");
    if (length == 0 || start[length] != '\0' || length - zeros > 16) {
        return cursor_fail(cursor, column, "\"%.64s\" has no value of at most 64 bits", text);
    }
    *value = (int64_t)strtoull(start, NULL, 16);
    return true;
}

bool text_double(struct cursor *cursor, size_t column, const char *text, double *value) {
    const char *start = text + (text[0] == '+' || text[0] == '-');
    bool good = strcasecmp(start, "inf") == 0 || strcasecmp(start, "infinity") == 0 ||
                strcasecmp(start, "nan") == 0;
    if (!good) {
        const size_t whole = strspn(start, digits);
        const char *at = start + whole;
        size_t part = 0;
        if (*at == '.') {
            part = strspn(++at, digits);
            at += part;
        }
        good = whole + part > 0;
        if (*at == 'e' || *at == 'E') {
            at++;
            at += *at == '+' || *at == '-';
            const size_t exponent = strspn(at, digits);
            good = good && exponent > 0;
            at += exponent;
        }
        good = good && *at == '\0';
    }
    if (!good) {
        return cursor_fail(cursor, column, "\"%.64s\" is no number", text);
    }
    // Plans are read before any DLL can set a locale with another decimal point.
    *value = strtod(text, NULL);
    return true;
}
