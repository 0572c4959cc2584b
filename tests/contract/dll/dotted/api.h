int dotted(int);
