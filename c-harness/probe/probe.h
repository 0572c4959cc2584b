/* The probe: an embedding DLL as people write it by hand, which embedcheck carries along and points
   at any libpython. Every function may be called from any thread; the first one initialises Python.
 */
#ifndef EMBEDCHECK_PROBE_H
#define EMBEDCHECK_PROBE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Initialises Python. 42, or 0 if Python says that it is not initialised even so. */
int probe_init(void);

/* a + b, computed by Python. -1 after printing the traceback if something raised. */
int probe_add(int a, int b);

/* Runs Python code in a fresh namespace. Its integer variable `result`, 0 if it sets none; -1 after
   printing the traceback if it raised. */
int probe_run(const char *code);

/* Runs Python code in a fresh namespace. The text of its variable `result` in UTF-8, empty if it
   sets none; null after printing the traceback if it raised. The text belongs to the probe and
   stays until the calling thread's next call of a function that returns text. */
const char *probe_eval(const char *code);

/* Imports the modules named in a newline-separated list, in that order. A JSON object
   {"ok":["math"],"failed":{"_ctypes":"ImportError: …"}}; ownership as with probe_eval. */
const char *probe_import_all(const char *names);

#ifdef __cplusplus
}
#endif

#endif
