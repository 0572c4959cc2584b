int fb(int, int);
