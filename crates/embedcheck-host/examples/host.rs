//! The Rust host as a program of its own, for tests and for work on the host alone.
fn main() {
    std::process::exit(embedcheck_host::main(std::env::args_os().skip(1)));
}
