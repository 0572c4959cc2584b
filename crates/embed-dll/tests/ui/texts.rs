embed_dll::embedding! {
    module: "my_plugin",
    api: file "broken.h",
    init: file "broken.py",
}

mod literals {
    embed_dll::embedding! {
        module: "other_plugin",
        api: "
            int f(int);
            long double g(double);
        ",
        init: "
            x = (1
        ",
    }
}

mod missing {
    embed_dll::embedding! {
        module: "third_plugin",
        api: file "no_such_file.h",
    }
}

fn main() {}
