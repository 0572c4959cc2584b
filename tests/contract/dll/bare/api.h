int bare(int);
