/* links: threads */
#include "../host.h"
#include "../in_thread.h"

#include "threads/api.h"

static void *watched(void *result) {
    *(int *)result = th_late(1);
    return NULL;
}

static void *who(void *result) {
    *(int *)result = th_who();
    return NULL;
}

static void *nothing(void *result) {
    *(int *)result = th_local(1);
    return NULL;
}

/* Memory in kB that the process has. */
static long resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * 4;
}

int main(void) {
    long before;
    int i, good = 0;

    th_local(1);
    SHOW("H08 a thread of the host: %d\n", in_thread(who));
    SHOW("H08 threads with frames: %d\n", th_alive());
    SHOW("H10 %d\n", in_thread(who));
    SHOW("H07 %d\n", in_thread(watched));
    SHOW("H07 after the thread: %d ended\n", th_late(2));
    in_thread(nothing);
    SHOW("H07 after another thread: %d ended, %d of them in their own thread\n", th_late(2),
         th_late(3));
    for (i = 0; i < 1000; i++)
        good += in_thread(nothing) == 1;
    before = resident();
    for (i = 0; i < 2000; i++)
        good += in_thread(nothing) == 1;
    SHOW("H06 %d threads called, and took less than 1 MB: %d\n", good, resident() - before < 1024);
    return NORMAL_EXIT;
}
