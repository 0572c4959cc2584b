int unattached(int, int);
int attached(int, int);
