/* Stores a number in `sys`, where every module of the same interpreter sees it; gives it back. */
int share_b_set(int);
/* The number in `sys`, whoever stored it; 0 if there is none. */
int share_b_get(void);
/* Replaces os.getcwd(); 42. */
int share_b_patch(void);
/* 42 if os.getcwd() has been replaced, else 0. */
int share_b_patched(void);
/* Calls the other DLL from Python, through its module: what its share_a_get() says, or 0 if it
   cannot be imported. */
int share_b_ask_other(void);
