int back(int);
