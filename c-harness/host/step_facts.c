// facts.
#include <stdint.h>
#include <string.h>

#include "facts.h"
#include "kinds.h"
#include "memory.h"

const struct fact facts[] = {
    {"images", fact_images},   {"symbols", fact_symbols},
    {"signals", fact_signals}, {"locale", fact_locale},
    {"python", fact_python},   {"prefix", fact_prefix},
    {"threads", fact_threads}, {NULL, NULL},
};

enum { FACTS = sizeof facts / sizeof facts[0] - 1 };

struct facts_step {
    const struct fact *kinds[FACTS];
    size_t count;
};

static bool parse_kind(struct cursor *cursor, struct facts_step *step) {
    const struct token *token;
    if (!cursor_word(cursor, "a kind of facts", &token)) {
        return false;
    }
    const struct fact *fact = facts;
    while (fact->name != NULL && strcmp(fact->name, token->text) != 0) {
        fact++;
    }
    if (fact->name == NULL) {
        return cursor_fail(cursor, token->column,
                           "unknown kind of facts \"%.64s\"; `--list` of a host names them",
                           token->text);
    }
    for (size_t i = 0; i < step->count; i++) {
        if (step->kinds[i] == fact) {
            return cursor_fail(cursor, token->column, "%s is named twice", fact->name);
        }
    }
    step->kinds[step->count++] = fact;
    return true;
}

bool parse_facts(struct cursor *cursor, void **data) {
    struct facts_step *step = memory_keep(sizeof *step);
    *data = step;
    do {
        if (!parse_kind(cursor, step)) {
            return false;
        }
    } while (cursor_more(cursor));
    return true;
}

void run_facts(const void *data, struct outcome *outcome) {
    const struct facts_step *step = data;
    json_raw(&outcome->value, "{");
    for (size_t i = 0; i < step->count; i++) {
        json_raw(&outcome->value, i > 0 ? ",\"" : "\"");
        json_raw(&outcome->value, step->kinds[i]->name);
        json_raw(&outcome->value, "\":");
        step->kinds[i]->report(&outcome->value);
    }
    json_raw(&outcome->value, "}");
}
