/* What the functions of declarations.h do, for CFFI. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <wchar.h>

int add(int a, int b) {
    return a + b;
}
double addf(float a, double b) {
    return a + b;
}
size_t length(const char *text) {
    return strlen(text);
}
int sum_points(point_t *points, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += points[i].x + points[i].y;
    return sum;
}
point_t make_point(int x, int y) {
    point_t point = {x, y};
    return point;
}
int point_by_value(point_t p) {
    return p.x * 10 + p.y;
}
binary_t get_add(void) {
    return add;
}
void nothing(void) {}
char first(char *p) {
    return p[0];
}
_Bool negate(_Bool b) {
    return !b;
}
unsigned char u8(unsigned char c) {
    return c;
}
int seterr(int n) {
    int before = errno;
    errno = n;
    return before;
}
void *ident(void *p) {
    return p;
}
wchar_t wide(wchar_t w) {
    return w;
}
enum color next_color(enum color c) {
    return c == RED ? GREEN : BLUE;
}
int apply(binary_t f, int a, int b) {
    return f(a, b);
}
int counter = 7;
point_t origin = {1, 2};
int table[4] = {1, 2, 3, 4};
const char *title = "title";
