int same_a(int);
