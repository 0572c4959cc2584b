int one_set(int);
int one_get(void);
int one_patch(void);
int one_other(int);
int one_slow(int);
