//! The Rust host as a program of its own, for tests and for work on the host alone; `__measure` as the
//! first argument makes it the measuring host.
fn main() {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let code = match arguments.next_if(|first| first == "__measure") {
        Some(_) => embedcheck_host::measure::main(arguments),
        None => embedcheck_host::main(arguments),
    };
    std::process::exit(code);
}
