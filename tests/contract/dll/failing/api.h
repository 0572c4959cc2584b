int fail_add(int, int);
double fail_double(void);
void *fail_pointer(void);
