int abba_a(int);
