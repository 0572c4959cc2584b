/* Imports the modules, one a line; {"ok": [names], "failed": {name: error}} in JSON, which lives up
   to the next call. */
const char *import_all(const char *);
int add1(int, int);
