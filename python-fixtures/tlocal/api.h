int add1(int, int);
