int two_set(int);
int two_get(void);
int two_patch(void);
int two_other(int);
int two_slow(int);
