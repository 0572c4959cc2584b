#include <wchar.h>

typedef struct {
    int x, y;
} pt_t;

int e_plain(int);
double e_double(int);
void *e_pointer(int);
pt_t e_struct(int);
int e_error(int);
double e_error_double(int);
void *e_error_pointer(int);
pt_t e_error_struct(int);
int e_onerror_quiet(int);
int e_onerror_quiet_error(int);
int e_onerror_value(int);
int e_onerror_raises(int);
int e_onerror_bad(int);
int e_onerror_looks(int);
int e_onerror_result(int);
int e_wrong_type(int);
int e_too_big(int);
int e_arity(int);
int e_unattached(int);
int e_again(int);
int e_kind(int);
int e_str(int);
int e_chain(int);
int e_renamed(int);
int e_positional(int);
int e_null(int);
_Bool e_bool(_Bool);
wchar_t e_wchar(wchar_t);
void e_void(int);
/* What has been written to Python's stderr since the last call, normalised. */
const char *e_said(void);
/* Tries decorators that must be refused, and says how. */
void e_decorators(void);
/* Attaches other functions. */
void e_attach_again(void);
/* What a hook of sys gets. */
void e_hook(int);
