#include <stdint.h>
#include <wchar.h>

typedef struct {
    int x, y;
} fpt_t;
typedef struct {
    fpt_t first;
    int numbers[3];
    char name[8];
    fpt_t *next;
    unsigned flag : 1;
} frec_t;
typedef struct {
    int count;
    short values[];
} fvar_t;
typedef union {
    int i;
    char c[4];
} fun_t;
enum fcolor { FRED, FGREEN = 5 };
typedef int (*fbin_t)(int, int);
typedef struct fhidden_s fhidden_t;

/* Runs the part of that number; 0 when there is none. */
int f_part(int);
int f_twice(int);
/* Shows one expression. */
void f_show(const char *);
