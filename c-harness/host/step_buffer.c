// buffer, peek.
#include <stdint.h>
#include <string.h>

#include "binding.h"
#include "kinds.h"
#include "memory.h"

// How a number lies in memory. memcpy, because an offset need not be aligned.
struct number_type {
    const char *name;
    size_t size;
    bool is_float;
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "store and load take the low bytes first");

static const struct number_type number_types[] = {
    {"i8", 1, false},  {"i16", 2, false}, {"i32", 4, false},
    {"i64", 8, false}, {"f32", 4, true},  {"f64", 8, true},
};

struct place {
    size_t offset;
    const struct number_type *type;
};

struct field {
    struct place place;
    int64_t integer;
    double real;
};

struct buffer_step {
    plan_name name;
    size_t size;
    struct field *fields;
    size_t count;
};

// Reads OFFSET:TYPE; `text` may be changed.
static bool parse_place(struct cursor *cursor, size_t column, char *text, struct place *place) {
    char *colon = strchr(text, ':');
    if (colon == NULL) {
        return cursor_fail(cursor, column, "\"%.64s\" must look like OFFSET:TYPE", text);
    }
    *colon = '\0';
    place->type = NULL;
    for (size_t i = 0; i < sizeof number_types / sizeof number_types[0]; i++) {
        if (strcmp(number_types[i].name, colon + 1) == 0) {
            place->type = &number_types[i];
        }
    }
    if (place->type == NULL) {
        return cursor_fail(cursor, column + (size_t)(colon + 1 - text),
                           "\"%.64s\" is no type: i8 i16 i32 i64 f32 f64", colon + 1);
    }
    int64_t offset;
    if (!text_number(cursor, column, text, "an offset", 0, INT64_MAX, &offset)) {
        return false;
    }
    place->offset = (size_t)offset;
    return true;
}

static char *copy(const char *text) {
    const size_t size = strlen(text) + 1;
    return memcpy(memory_keep(size), text, size);
}

static bool parse_field(struct cursor *cursor, struct buffer_step *step, struct field *field) {
    const struct token *token;
    if (!cursor_word(cursor, "OFFSET:TYPE=VALUE", &token)) {
        return false;
    }
    char *text = copy(token->text);
    char *equals = strchr(text, '=');
    if (equals == NULL) {
        return cursor_fail(cursor, token->column, "\"%.64s\" must look like OFFSET:TYPE=VALUE",
                           text);
    }
    *equals = '\0';
    if (!parse_place(cursor, token->column, text, &field->place)) {
        return false;
    }
    const size_t column = token->column + (size_t)(equals + 1 - text);
    const struct number_type *type = field->place.type;
    if (!(type->is_float ? text_double(cursor, column, equals + 1, &field->real)
                         : text_integer(cursor, column, equals + 1, &field->integer))) {
        return false;
    }
    if (field->place.offset > step->size - type->size || type->size > step->size) {
        return cursor_fail(cursor, token->column, "the field ends behind the buffer of %zu bytes",
                           step->size);
    }
    return true;
}

bool parse_buffer(struct cursor *cursor, void **data) {
    struct buffer_step *step = memory_keep(sizeof *step);
    int64_t size;
    *data = step;
    if (!cursor_name(cursor, "a name for the buffer", step->name) ||
        !cursor_number(cursor, "a size in bytes", 1, PLAN_MAX_BUFFER, &size)) {
        return false;
    }
    step->size = (size_t)size;
    step->fields = memory_keep((cursor->count - cursor->next) * sizeof *step->fields);
    while (cursor_more(cursor)) {
        if (!parse_field(cursor, step, &step->fields[step->count])) {
            return false;
        }
        step->count++;
    }
    return true;
}

static void store(unsigned char *at, const struct field *field) {
    if (!field->place.type->is_float) {
        memcpy(at, &field->integer, field->place.type->size);
    } else if (field->place.type->size == sizeof(float)) {
        const float single = (float)field->real;
        memcpy(at, &single, sizeof single);
    } else {
        memcpy(at, &field->real, sizeof field->real);
    }
}

void run_buffer(const void *data, struct outcome *outcome) {
    const struct buffer_step *step = data;
    (void)outcome;
    // malloc aligns to 16 bytes on both architectures.
    unsigned char *bytes = memory_new(step->size);
    for (size_t i = 0; i < step->count; i++) {
        store(bytes + step->fields[i].place.offset, &step->fields[i]);
    }
    binding_add(BINDING_BUFFER, step->name, (struct binding){.bytes = bytes, .size = step->size});
}

struct peek_step {
    plan_name name;
    struct place place;
};

bool parse_peek(struct cursor *cursor, void **data) {
    struct peek_step *step = memory_keep(sizeof *step);
    const struct token *token;
    *data = step;
    return cursor_name(cursor, "the name of a buffer", step->name) &&
           cursor_word(cursor, "OFFSET:TYPE", &token) &&
           parse_place(cursor, token->column, copy(token->text), &step->place);
}

static void load(struct json *value, const unsigned char *at, const struct number_type *type) {
    float single;
    double real;
    int64_t integer = 0;
    if (!type->is_float) {
        memcpy(&integer, at, type->size);
        const int unused = 64 - 8 * (int)type->size;
        // Shifted up unsigned and down signed, to repeat the sign.
        json_integer(value, (int64_t)((uint64_t)integer << unused) >> unused);
    } else if (type->size == sizeof single) {
        memcpy(&single, at, sizeof single);
        json_double(value, (double)single);
    } else {
        memcpy(&real, at, sizeof real);
        json_double(value, real);
    }
}

void run_peek(const void *data, struct outcome *outcome) {
    const struct peek_step *step = data;
    struct binding buffer;
    if (!binding_find(BINDING_BUFFER, step->name, &buffer)) {
        outcome_fail(outcome, "no buffer \"%s\"", step->name);
    } else if (step->place.type->size > buffer.size ||
               step->place.offset > buffer.size - step->place.type->size) {
        outcome_fail(outcome, "the field ends behind the buffer of %zu bytes", buffer.size);
    } else {
        load(&outcome->value, buffer.bytes + step->place.offset, step->place.type);
    }
}
