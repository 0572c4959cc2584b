typedef struct {
    double hidden;
    int n;
    char more[20];
} part_t;
struct tail_s {
    long before;
    short kind;
};
