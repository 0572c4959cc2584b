#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

typedef struct {
    int x, y;
} pt_t;
typedef union {
    int i;
    float f;
    unsigned char bytes[8];
} un_t;
typedef struct {
    char tag;
    pt_t corners[2];
    struct {
        short a;
        double b;
    } inner;
    un_t u;
} nested_t;
typedef struct {
    unsigned a : 3;
    int b : 7;
    unsigned c : 22;
} bits_t;
typedef struct {
    int values[250];
} large_t;
typedef struct {
    float x, y, z;
} vec_t;
typedef struct {
    double re;
    long n;
} mixed_t;
typedef struct hidden_s hidden_t;
enum color { RED, GREEN = 5, BLUE };
typedef enum { LOW = -3, HIGH = 3 } level_t;
typedef int (*binary_t)(int, int);

short t_short(short);
int t_int(int);
long t_long(long);
long long t_longlong(long long);
int16_t t_i16(int16_t);
int32_t t_i32(int32_t);
int64_t t_i64(int64_t);
unsigned short t_ushort(unsigned short);
unsigned t_uint(unsigned);
unsigned long t_ulong(unsigned long);
unsigned long long t_ulonglong(unsigned long long);
uint64_t t_u64(uint64_t);
size_t t_size(size_t);
_Bool t_bool(_Bool);
char t_char(char);
signed char t_schar(signed char);
unsigned char t_uchar(unsigned char);
int8_t t_i8(int8_t);
wchar_t t_wchar(wchar_t);
float t_float(float);
double t_double(double);
void t_longdoublep(long double *);
enum color t_color(enum color);
level_t t_level(level_t);
void t_void(int);
char *t_charp(char *);
const char *t_constcharp(const char *);
void *t_voidp(void *);
int *t_intp(int *);
int t_array(int[3]);
pt_t *t_ptp(pt_t *);
int t_pt_in(pt_t);
pt_t t_pt(pt_t);
un_t t_un(un_t);
nested_t t_nested(nested_t);
bits_t t_bits(bits_t);
large_t t_large(large_t);
vec_t t_vec(vec_t);
mixed_t t_mixed(mixed_t);
pt_t t_made(int);
binary_t t_fnptr(binary_t);
int (*t_fnptr_plain(int (*)(int, int)))(int, int);
int t_apply(binary_t, int, int);
hidden_t *t_hidden(hidden_t *);
double t_many(signed char, short, int, long, unsigned char, unsigned short, unsigned, unsigned long,
              double, double, double, double, double, double, double, double, double, float, char);
int t_none(void);
const char *t_type_of(int);
