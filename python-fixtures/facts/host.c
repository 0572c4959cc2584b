/* links: facts */
#include "api.h"

#include <stdio.h>

/* What the strings say differs from machine to machine; here it counts that they are there. */
static void show(const char *name, const char *text) {
    printf("%s: %s\n", name, text == NULL ? "null" : text[0] == '\0' ? "empty" : "given");
    fprintf(stderr, "%s: %s\n", name, text == NULL ? "(null)" : text);
}

int main(void) {
    show("prefix", facts_prefix());
    show("version", facts_version());
    /* Only a DLL made with CFFI needs one. */
    fprintf(stderr, "backend: %s\n", facts_backend());
    printf("got: %d\n", facts_add(40, 2));
    return 0;
}
