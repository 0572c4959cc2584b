#define GLOBALS_ANSWER 42
#define GLOBALS_FROM_C ...
static const int g_constant;
int g_helper(int);
