int abba_b(int);
