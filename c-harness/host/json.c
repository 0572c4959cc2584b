#include "json.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "utf8.h"

static locale_t c_locale;

void json_start(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void json_free(struct json *json) {
    free(json->bytes);
    *json = (struct json){0};
}

void json_raw_bytes(struct json *json, const char *bytes, size_t length) {
    if (length == 0) {
        return;
    }
    if (json->capacity - json->length < length) {
        json->capacity = 2 * (json->length + length) + 128;
        json->bytes = memory_resize(json->bytes, json->capacity);
    }
    memcpy(json->bytes + json->length, bytes, length);
    json->length += length;
}

void json_raw(struct json *json, const char *text) {
    json_raw_bytes(json, text, strlen(text));
}

static void escaped(struct json *json, unsigned char byte) {
    char escape[7];
    switch (byte) {
    case '"':
        json_raw(json, "\\\"");
        break;
    case '\\':
        json_raw(json, "\\\\");
        break;
    case '\n':
        json_raw(json, "\\n");
        break;
    case '\t':
        json_raw(json, "\\t");
        break;
    case '\r':
        json_raw(json, "\\r");
        break;
    default:
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)byte);
        json_raw(json, escape);
    }
}

void json_string(struct json *json, const char *text) {
    if (text == NULL) {
        json_raw(json, "null");
        return;
    }
    json_raw(json, "\"");
    size_t left = strlen(text);
    while (left > 0) {
        bool valid;
        const size_t step = utf8_character(text, left, &valid);
        const unsigned char byte = (unsigned char)text[0];
        if (!valid) {
            json_raw(json, "\xEF\xBF\xBD");
        } else if (byte < 0x20 || byte == 0x7F || byte == '"' || byte == '\\') {
            escaped(json, byte);
        } else {
            json_raw_bytes(json, text, step);
        }
        text += step;
        left -= step;
    }
    json_raw(json, "\"");
}

void json_bool(struct json *json, bool value) {
    json_raw(json, value ? "true" : "false");
}

void json_integer(struct json *json, int64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    json_raw(json, digits);
}

void json_unsigned(struct json *json, uint64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    json_raw(json, digits);
}

void json_double(struct json *json, double value) {
    if (isnan(value)) {
        json_raw(json, "\"nan\"");
        return;
    }
    if (isinf(value)) {
        json_raw(json, value < 0 ? "\"-inf\"" : "\"inf\"");
        return;
    }
    // A DLL may have set a locale that writes 1,5. newlocale cannot fail for "C" but for memory,
    // and then the global locale is what is left.
    const locale_t before = c_locale != (locale_t)0 ? uselocale(c_locale) : (locale_t)0;
    char digits[40];
    snprintf(digits, sizeof digits, "%.17g", value);
    if (before != (locale_t)0) {
        uselocale(before);
    }
    json_raw(json, digits);
    // Without this, JSON readers would take 1 or -0 for an integer and lose the type or the sign.
    if (strpbrk(digits, ".e") == NULL) {
        json_raw(json, ".0");
    }
}

void json_base(struct json *json, uintptr_t base) {
    char digits[24];
    snprintf(digits, sizeof digits, "\"0x%" PRIxPTR "\"", base);
    json_raw(json, digits);
}

void json_address(struct json *json, uintptr_t address) {
    if (address == 0) {
        json_raw(json, "null");
    } else {
        json_base(json, address);
    }
}
