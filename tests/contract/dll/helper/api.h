int helped(int);
