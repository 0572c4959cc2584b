int fa(int, int);
