#include <wchar.h>

typedef struct {
    int x, y;
} pt_t;
typedef int (*unary_t)(int);
enum color { RED, GREEN = 5 };

/* Each takes the number of a value and gives that value, converted. */
int r_int(int);
unsigned r_uint(int);
long long r_longlong(int);
signed char r_schar(int);
enum color r_color(int);
_Bool r_bool(int);
char r_char(int);
wchar_t r_wchar(int);
float r_float(int);
double r_double(int);
char *r_charp(int);
void *r_voidp(int);
pt_t *r_ptp(int);
pt_t r_pt(int);
unary_t r_fnptr(int);
void r_void(int);
/* How many values there are. */
int r_count(void);
/* What was tried and, if it was refused, why: the last line on Python's stderr. */
const char *r_said(void);
