/* Each string lives as long as the process. */
const char *facts_prefix(void);
const char *facts_executable(void);
const char *facts_version(void);
/* Where _cffi_backend was found; empty if it was not. */
const char *facts_backend(void);
int facts_add(int, int);
