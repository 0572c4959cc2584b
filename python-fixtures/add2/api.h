int add2(int, int, int);
