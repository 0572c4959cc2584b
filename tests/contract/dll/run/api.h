/* Runs Python code in one namespace, which has `ffi`, `lib`, `say` and `sys`; gives what it leaves
   in `result`, or 0 without one. An exception is reported as one of any function is. */
int run(const char *code);
/* The same with a declared error value, -1. */
int run_or_minus_one(const char *code);
/* Calls back into the host, which may call run() again. */
int run_back(int (*function)(int), int argument);
/* Never attached. */
int run_nothing(int);
/* Twice the number. */
int run_twice(int);
