typedef int (*two_unary_t)(int);

int two_add(int, int);
/* The function is called with the number, by way of Python. */
int two_apply(two_unary_t, int);
int two_fails(int);
int stress_two_start(void);
int stress_two_enter(void);
int stress_two_leave(void);
const char *stress_two_last_error(void);
