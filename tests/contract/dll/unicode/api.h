const char *u_text(int);
int u_length(const char *);
