#include "utf8.h"

// How many bytes follow a lead byte, and the range of the first of them: it alone excludes overlong
// forms, surrogates and what lies beyond U+10FFFF.
struct lead {
    unsigned char first, last;
    unsigned char following;
    unsigned char low, high;
};

static const struct lead leads[] = {
    {0x00, 0x7F, 0, 0x00, 0x00}, {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF},
    {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

size_t utf8_character(const char *bytes, size_t length, bool *valid) {
    const unsigned char *at = (const unsigned char *)bytes;
    *valid = false;
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        const struct lead *lead = &leads[i];
        if (at[0] < lead->first || at[0] > lead->last) {
            continue;
        }
        for (size_t k = 1; k <= lead->following; k++) {
            const unsigned char low = k == 1 ? lead->low : 0x80;
            const unsigned char high = k == 1 ? lead->high : 0xBF;
            if (k >= length || at[k] < low || at[k] > high) {
                return k;
            }
        }
        *valid = true;
        return (size_t)lead->following + 1;
    }
    return 1;
}

size_t utf8_valid_up_to(const char *bytes, size_t length) {
    size_t at = 0;
    while (at < length) {
        bool valid;
        const size_t step = utf8_character(bytes + at, length - at, &valid);
        if (!valid) {
            break;
        }
        at += step;
    }
    return at;
}
