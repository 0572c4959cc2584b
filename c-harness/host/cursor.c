#include "cursor.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cursor_record(struct cursor *cursor, size_t column, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    cursor->error->line = cursor->line;
    cursor->error->column = column;
    vsnprintf(cursor->error->text, sizeof cursor->error->text, format, arguments);
    va_end(arguments);
}

bool cursor_more(const struct cursor *cursor) {
    return cursor->next < cursor->count;
}

bool cursor_finish(struct cursor *cursor) {
    if (!cursor_more(cursor)) {
        return true;
    }
    return cursor_fail(cursor, cursor->tokens[cursor->next].column,
                       "nothing more is expected on this line");
}

bool cursor_token(struct cursor *cursor, const char *wanted, const struct token **token) {
    if (!cursor_more(cursor)) {
        return cursor_fail(cursor, cursor->end, "%s is missing here", wanted);
    }
    *token = &cursor->tokens[cursor->next++];
    return true;
}

bool cursor_word(struct cursor *cursor, const char *wanted, const struct token **token) {
    if (!cursor_token(cursor, wanted, token)) {
        return false;
    }
    return !(*token)->quoted ||
           cursor_fail(cursor, (*token)->column, "%s is expected, without quotes", wanted);
}

bool cursor_string(struct cursor *cursor, const char *wanted, const char **text) {
    const struct token *token;
    if (!cursor_token(cursor, wanted, &token)) {
        return false;
    }
    *text = token->text;
    return token->quoted ||
           cursor_fail(cursor, token->column, "%s is expected, in double quotes", wanted);
}

const struct token *cursor_option(struct cursor *cursor, const char *prefix) {
    if (!cursor_more(cursor)) {
        return NULL;
    }
    const struct token *token = &cursor->tokens[cursor->next];
    if (token->quoted || strncmp(token->text, prefix, strlen(prefix)) != 0) {
        return NULL;
    }
    cursor->next++;
    return token;
}

static bool is_name(const char *text) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    const size_t length = strlen(text);
    return length > 0 && length <= PLAN_MAX_NAME && strchr(letters, text[0]) != NULL &&
           strspn(text, rest) == length;
}

bool text_name(struct cursor *cursor, size_t column, const char *text, plan_name name) {
    if (!is_name(text)) {
        return cursor_fail(
            cursor, column,
            "\"%.64s\" is no name: letters, digits and _, at most 31, no digit first", text);
    }
    memcpy(name, text, strlen(text) + 1);
    return true;
}

bool cursor_name(struct cursor *cursor, const char *wanted, plan_name name) {
    const struct token *token;
    return cursor_word(cursor, wanted, &token) &&
           text_name(cursor, token->column, token->text, name);
}

bool cursor_handle(struct cursor *cursor, plan_name name) {
    return cursor_name(cursor, "a handle", name);
}

bool cursor_new_handle(struct cursor *cursor, plan_name name) {
    const struct token *token;
    if (!cursor_word(cursor, "a name for the handle", &token)) {
        return false;
    }
    if (strcmp(token->text, "default") == 0) {
        return cursor_fail(cursor, token->column,
                           "`default` stands for RTLD_DEFAULT; take another name");
    }
    return text_name(cursor, token->column, token->text, name);
}

static const struct {
    const char *name;
    int value;
} dlopen_flags[] = {
    {"LAZY", RTLD_LAZY},         {"NOW", RTLD_NOW},       {"LOCAL", RTLD_LOCAL},
    {"GLOBAL", RTLD_GLOBAL},     {"NOLOAD", RTLD_NOLOAD}, {"NODELETE", RTLD_NODELETE},
    {"DEEPBIND", RTLD_DEEPBIND},
};

enum { DLOPEN_FLAGS = sizeof dlopen_flags / sizeof dlopen_flags[0] };

bool cursor_flags(struct cursor *cursor, int *flags) {
    const struct token *token;
    if (!cursor_word(cursor, "dlopen flags", &token)) {
        return false;
    }
    // LOCAL is 0: repetitions are found by place in the table.
    unsigned seen = 0;
    *flags = 0;
    for (const char *at = token->text;; at++) {
        const size_t length = strcspn(at, "|");
        size_t i = 0;
        while (i < DLOPEN_FLAGS && (strlen(dlopen_flags[i].name) != length ||
                                    memcmp(dlopen_flags[i].name, at, length) != 0)) {
            i++;
        }
        if (i == DLOPEN_FLAGS || (seen & 1U << i) != 0) {
            return cursor_fail(
                cursor, token->column,
                "\"%.64s\" are no dlopen flags: LAZY NOW LOCAL GLOBAL NOLOAD NODELETE "
                "DEEPBIND, each once, joined by |",
                token->text);
        }
        seen |= 1U << i;
        *flags |= dlopen_flags[i].value;
        at += length;
        if (*at == '\0') {
            return true;
        }
    }
}
