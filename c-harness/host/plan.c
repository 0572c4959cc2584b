// Lines to steps: the first line, the blocks, and what one line is made of.
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "lex.h"
#include "memory.h"

// A block that is not closed yet. One of the two is set.
struct open_block {
    size_t line;
    struct fork_block *fork;
    struct threads_block *threads;
};

struct parser {
    struct step_list *top;
    struct open_block blocks[PLAN_MAX_DEPTH];
    size_t depth;
    unsigned next_thread;
};

// Grows an array in memory that is kept: plans are small, and the old one is not missed.
static void *grown(void *items, size_t *capacity, size_t size) {
    const size_t before = *capacity;
    *capacity = 2 * before + 8;
    void *result = memory_keep(*capacity * size);
    if (before > 0) {
        memcpy(result, items, before * size);
    }
    return result;
}

static void add_step(struct step_list *list, struct step step) {
    if (list->count == list->capacity) {
        list->items = grown(list->items, &list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = step;
}

static bool wants_section(const struct parser *parser) {
    return parser->depth > 0 && parser->blocks[parser->depth - 1].threads != NULL &&
           parser->blocks[parser->depth - 1].threads->count == 0;
}

// The list to which steps are added now. Only valid if `wants_section` is false.
static struct step_list *current(struct parser *parser) {
    if (parser->depth == 0) {
        return parser->top;
    }
    const struct open_block *block = &parser->blocks[parser->depth - 1];
    if (block->fork != NULL) {
        return &block->fork->steps;
    }
    return &block->threads->groups[block->threads->count - 1].steps;
}

static bool no_section(struct cursor *cursor, size_t column) {
    return cursor_fail(cursor, column, "the first line in `threads` must be a `thread` section");
}

static bool push_block(struct parser *parser, struct cursor *cursor, const struct step_kind *kind,
                       struct open_block block) {
    if (parser->depth == PLAN_MAX_DEPTH) {
        return cursor_fail(cursor, 1, "blocks are nested more than %d deep", PLAN_MAX_DEPTH);
    }
    if (wants_section(parser)) {
        return no_section(cursor, 1);
    }
    void *data = block.fork != NULL ? (void *)block.fork : (void *)block.threads;
    block.line = cursor->line;
    add_step(current(parser), (struct step){.kind = kind, .line = cursor->line, .data = data});
    parser->blocks[parser->depth++] = block;
    return true;
}

static bool parse_section(struct parser *parser, struct cursor *cursor, size_t column) {
    int64_t count, stack = 0;
    if (!cursor_number(cursor, "a number of threads", 1, PLAN_MAX_THREADS, &count)) {
        return false;
    }
    const struct token *option = cursor_option(cursor, "stack=");
    if (option != NULL && !text_number(cursor, option->column + 6, option->text + 6, "a stack size",
                                       0, INT64_MAX, &stack)) {
        return false;
    }
    struct threads_block *threads =
        parser->depth > 0 ? parser->blocks[parser->depth - 1].threads : NULL;
    if (threads == NULL) {
        return cursor_fail(cursor, column, "`thread` may only stand in `threads`");
    }
    if (threads->count == threads->capacity) {
        threads->groups = grown(threads->groups, &threads->capacity, sizeof *threads->groups);
    }
    threads->groups[threads->count++] = (struct thread_group){
        .count = (unsigned)count, .stack = (size_t)stack, .first_number = parser->next_thread};
    parser->next_thread += (unsigned)count;
    return true;
}

static bool parse_end(struct parser *parser, struct cursor *cursor, size_t column) {
    if (parser->depth == 0) {
        return cursor_fail(cursor, column, "`end` without a block to close");
    }
    if (wants_section(parser)) {
        return cursor_fail(cursor, column, "`threads` without a `thread` section");
    }
    parser->depth--;
    return true;
}

static bool parse_fork(struct parser *parser, struct cursor *cursor, const struct step_kind *kind) {
    struct fork_block *block = memory_keep(sizeof *block);
    return cursor_name(cursor, "a name for the child", block->name) &&
           push_block(parser, cursor, kind, (struct open_block){.fork = block});
}

static bool parse_step(struct parser *parser, struct cursor *cursor) {
    const struct token *token;
    if (!cursor_word(cursor, "a step", &token)) {
        return false;
    }
    if (strcmp(token->text, "thread") == 0) {
        return parse_section(parser, cursor, token->column);
    }
    if (strcmp(token->text, "end") == 0) {
        return parse_end(parser, cursor, token->column);
    }
    const struct step_kind *kind = step_kinds;
    while (kind->name != NULL && strcmp(kind->name, token->text) != 0) {
        kind++;
    }
    if (kind->name != NULL && kind->parse == NULL) {
        if (strcmp(kind->name, "fork") == 0) {
            return parse_fork(parser, cursor, kind);
        }
        struct threads_block *block = memory_keep(sizeof *block);
        return push_block(parser, cursor, kind, (struct open_block){.threads = block});
    }
    if (wants_section(parser)) {
        return no_section(cursor, token->column);
    }
    if (strcmp(token->text, "ffi") == 0) {
        return cursor_fail(cursor, token->column,
                           "`ffi` needs libffi, which this host does not have: write `call`, or "
                           "run the plan in the Rust host");
    }
    if (kind->name == NULL) {
        return cursor_fail(cursor, token->column,
                           "unknown step \"%.64s\"; `--list` of a host names the steps",
                           token->text);
    }
    struct step step = {.kind = kind, .line = cursor->line};
    if (!kind->parse(cursor, &step.data)) {
        return false;
    }
    add_step(current(parser), step);
    return true;
}

static bool parse_header(struct cursor *cursor) {
    if (cursor->count != 2 || cursor->tokens[0].quoted || cursor->tokens[1].quoted ||
        strcmp(cursor->tokens[0].text, "embedcheck-plan") != 0) {
        return cursor_fail(cursor, 1, "the first line must be: embedcheck-plan %d", PLAN_FORMAT);
    }
    const struct token *version = &cursor->tokens[1];
    int64_t number;
    struct plan_error ignored;
    struct cursor probe = {.error = &ignored};
    if (!text_number(&probe, 1, version->text, "", PLAN_FORMAT, PLAN_FORMAT, &number)) {
        return cursor_fail(cursor, version->column,
                           "plan format \"%.64s\" is not supported; this is format %d",
                           version->text, PLAN_FORMAT);
    }
    return true;
}

static bool parse_line(struct parser *parser, struct cursor *cursor) {
    if (cursor->line == 1) {
        return parse_header(cursor);
    }
    return cursor->count == 0 || (parse_step(parser, cursor) && cursor_finish(cursor));
}

struct line {
    char *bytes;
    size_t length;
    size_t capacity;
};

// Reads up to a newline, which it drops, but never much more than a line may have. False at the end
// of the file and after an error (see ferror).
static bool read_line(FILE *file, struct line *line) {
    line->length = 0;
    int byte;
    while ((byte = getc_unlocked(file)) != EOF && byte != '\n' && line->length <= PLAN_MAX_LINE) {
        if (line->length == line->capacity) {
            line->capacity = 2 * line->capacity + 256;
            line->bytes = memory_resize(line->bytes, line->capacity);
        }
        line->bytes[line->length++] = (char)byte;
    }
    return !ferror(file) && (byte != EOF || line->length > 0);
}

static enum plan_status read_lines(FILE *file, struct parser *parser, struct plan_error *error) {
    struct line line = {0};
    struct tokens tokens = {0};
    struct cursor cursor = {.error = error};
    struct lex_error lexical;
    bool good = true;
    while (good && (read_line(file, &line) || (cursor.line == 0 && !ferror(file)))) {
        cursor.line++;
        cursor.end = line.length + 1;
        cursor.next = 0;
        if (cursor.line > PLAN_MAX_LINES) {
            good = cursor_fail(&cursor, 1, "a plan has at most %d lines", PLAN_MAX_LINES);
        } else if (line.length > PLAN_MAX_LINE) {
            good = cursor_fail(&cursor, PLAN_MAX_LINE + 1, "a line has at most 1 MiB");
        } else if (!lex_line(line.bytes, line.length, &tokens, &lexical)) {
            good = cursor_fail(&cursor, lexical.column, "%s", lexical.text);
        } else {
            cursor.tokens = tokens.items;
            cursor.count = tokens.count;
            good = parse_line(parser, &cursor);
        }
    }
    const bool unreadable = ferror(file);
    const int saved = errno;
    free(tokens.items);
    free(line.bytes);
    errno = saved;
    if (unreadable) {
        return PLAN_UNREADABLE;
    }
    if (good && parser->depth > 0) {
        cursor.line = parser->blocks[parser->depth - 1].line;
        good = cursor_fail(&cursor, 1, "this block has no `end`");
    }
    return good ? PLAN_READ : PLAN_WRONG;
}

enum plan_status plan_read(const char *path, struct step_list *steps, struct plan_error *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return PLAN_UNREADABLE;
    }
    struct parser parser = {.top = steps, .next_thread = 1};
    const enum plan_status status = read_lines(file, &parser, error);
    const int saved = errno;
    fclose(file);
    errno = saved;
    return status;
}
