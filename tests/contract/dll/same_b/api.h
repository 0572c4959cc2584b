int same_b(int);
