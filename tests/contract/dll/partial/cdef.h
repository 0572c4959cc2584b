typedef struct {
    int n;
    ...;
} part_t;
struct tail_s {
    short kind;
    ...;
};

extern "Python+C" part_t partial_next(part_t);
extern "Python+C" int partial_kind(struct tail_s *);
