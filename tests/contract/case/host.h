/* What all hosts include. A host tells one fact a line, each flushed, since Python writes to the
   same pipe; a line begins with the id of the promise that it belongs to. Its end is exit code 17.
 */
#ifndef HOST_H
#define HOST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define SHOW(...)                                                                                  \
    do {                                                                                           \
        printf(__VA_ARGS__);                                                                       \
        fflush(stdout);                                                                            \
    } while (0)

#define NORMAL_EXIT 17

#endif
