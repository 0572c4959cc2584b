extern int (*my_callback)(int);
int add_rec(int, int);
