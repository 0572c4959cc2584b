typedef struct {
    int x, y;
} kept_t;

int keep(kept_t);
int kept(void);
