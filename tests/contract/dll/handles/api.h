void *h_make(int);
int h_get(void *);
int h_add(void *, int);
void h_drop(void *);
int h_twice(void);
int h_alive(void);
