// Which bytes are UTF-8.
#ifndef EMBEDCHECK_UTF8_H
#define EMBEDCHECK_UTF8_H

#include <stdbool.h>
#include <stddef.h>

// Looks at the start of `bytes`, which holds at least one byte. Returns how many bytes the first
// character has; if they are not UTF-8, sets `*valid` to false and returns the length of the
// longest prefix of a valid sequence, at least 1 (Unicode standard, table 3-7 and section 3.9,
// U+FFFD practice).
size_t utf8_character(const char *bytes, size_t length, bool *valid);

// Offset of the first byte that is not UTF-8; `length` if there is none.
size_t utf8_valid_up_to(const char *bytes, size_t length);

#endif
