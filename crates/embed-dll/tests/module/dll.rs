//! A DLL whose init code is what the case wants: it runs the file that a variable names.

embed_dll::embedding! {
    module: "module_case",
    api: r#"
        int add(int, int);
        int twice(int);
        signed char small(int);
        const char *text(int);
        void nothing(void);
        int exported(int);
    "#,
    init: r#"
        import os

        with open(os.environ["EMBED_DLL_TEST_CODE"]) as file:
            exec(compile(file.read(), file.name, "exec"))
    "#,
    sigpipe: block,
}
