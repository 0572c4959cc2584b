// JSON text, built up piece by piece.
#ifndef EMBEDCHECK_JSON_H
#define EMBEDCHECK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A growing text. `{0}` is the empty one; json_free releases the bytes.
struct json {
    char *bytes; // Not terminated by NUL.
    size_t length;
    size_t capacity;
};

void json_free(struct json *json);

// Appends text as it is: braces, commas, keys that need no escape.
void json_raw(struct json *json, const char *text);
void json_raw_bytes(struct json *json, const char *bytes, size_t length);

// Appends a string in quotes, or `null`. Bytes that are not UTF-8 become U+FFFD, one for each
// longest prefix of a valid sequence, as WHATWG's decoder and Rust's `from_utf8_lossy` do it.
void json_string(struct json *json, const char *text_or_null);

void json_bool(struct json *json, bool value);
void json_integer(struct json *json, int64_t value);
void json_unsigned(struct json *json, uint64_t value);

// 17 significant digits, which give the same double back; `"nan"`, `"inf"`, `"-inf"` as strings.
void json_double(struct json *json, double value);

// `"0x…"`, or `null` for a null pointer.
void json_address(struct json *json, uintptr_t address);

// `"0x…"` for every number: the base of a program without PIE is 0.
void json_base(struct json *json, uintptr_t base);

// Must be called once before json_double: makes it independent of the locale that a DLL sets.
void json_start(void);

#endif
