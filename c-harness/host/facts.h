// Kinds of facts: the table in step_facts.c names them.
#ifndef EMBEDCHECK_FACTS_H
#define EMBEDCHECK_FACTS_H

#include "json.h"

struct fact {
    const char *name;
    // Appends the value.
    void (*report)(struct json *json);
};

// Ended by an entry without a name.
extern const struct fact facts[];

void fact_images(struct json *json);
void fact_symbols(struct json *json);
void fact_signals(struct json *json);
void fact_locale(struct json *json);
void fact_python(struct json *json);
void fact_prefix(struct json *json);
void fact_threads(struct json *json);

#endif
