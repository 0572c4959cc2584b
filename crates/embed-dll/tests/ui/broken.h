/* A header with a mistake. */
typedef struct { int x, y; } point_t;

int do_stuff(pont_t *);
