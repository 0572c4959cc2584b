/* A DLL that stops working: after CALLS calls of add1 it returns 0, as a DLL of CFFI's does whose
   start has failed. It says that its init code ran before it was loaded. */

#ifndef CALLS
#define CALLS 0
#endif

int add1(int x, int y) {
    static int calls;
    return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) > CALLS ? 0 : x + y;
}

long long init_time(int end) {
    return 5 + end;
}
