/* The functions of the fixture `bench`, which the libraries of this folder export, and nothing else
   that is not said to be. */
#ifndef EMBEDCHECK_BENCH_EXPORTED_H
#define EMBEDCHECK_BENCH_EXPORTED_H

#pragma GCC visibility push(default)
#include "../../python-fixtures/bench/api.h"
#pragma GCC visibility pop

#define EXPORT __attribute__((visibility("default")))

#endif
