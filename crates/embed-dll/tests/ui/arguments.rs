embed_dll::embedding! {
    modul: "my_plugin",
}

fn main() {}
