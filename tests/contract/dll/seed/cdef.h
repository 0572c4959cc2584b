extern "Python" int mycb(int);
extern "Python" {
void note(const char *);
}
extern "Python+C" int cplus(int);
