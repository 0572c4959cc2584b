/* Nothing given with def_extern(): 0. */
int raises_plain(int);
/* error=-7 */
int raises_error(int);
/* onerror returns a value: that value, and nothing is printed. */
int raises_onerror(int);
/* onerror returns None: the value of error, 14. */
int raises_onerror_none(int);
/* onerror raises too: both tracebacks, and the value of error, 12. */
int raises_onerror_raises(int);
/* A result that is no int: 0. */
int raises_wrong_type(int);
/* A result that does not fit: 0. */
int raises_too_big(int);
/* sys.exit() in a function ends nothing: 0. */
int raises_exit(int);
/* The DLL still works after all that. */
int raises_nothing(int, int);
