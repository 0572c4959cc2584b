typedef struct {
    char c;
    long double ld;
} wide_t;

long double t_longdouble(long double);
wide_t t_wide(wide_t);
