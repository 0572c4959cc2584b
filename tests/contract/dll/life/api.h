int life(int);
int life_add(int, int);
int life_late(int);
