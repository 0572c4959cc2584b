int add3(int, int, int, int);
