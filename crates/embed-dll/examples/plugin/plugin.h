/* The C API of the plugin: the host includes this file, and `embedding!` reads it. */
#ifndef PLUGIN_H
#define PLUGIN_H

typedef struct {
    int x, y;
} point_t;

/* Written in Python: the sum of both coordinates. */
int do_stuff(point_t *);

/* Written in Python: raises for a negative number, and then gives -1. */
double half_root(double);

#endif
