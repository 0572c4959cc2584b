//! Starting real interpreters, each case in a process of its own.

mod host;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--host") {
        host::main(arguments);
    }
}
