//! The host: this program again, as `--host`, with the case as arguments.

use std::process::exit;

use embed_dll::__private::{Locate, Options};
use embed_dll::__testing as embed;

/// The exit code of a host that came to its end.
pub const END: i32 = 17;

/// Runs the words of a case: `start`, `run CODE`.
pub fn main(mut words: impl Iterator<Item = String>) -> ! {
    while let Some(word) = words.next() {
        match word.as_str() {
            "start" => match embed::start(Locate::new(), Options::new()) {
                Ok(runtime) => println!("started {:?} {}", runtime.library, runtime.ours),
                Err(error) => println!("failed retry={} {}", error.retry, error.text),
            },
            "run" => {
                let code = words.next().unwrap_or_default();
                match embed::run(&code) {
                    Ok(text) => println!("result {text}"),
                    Err(text) => println!("exception {text}"),
                }
            }
            _ => exit(99),
        }
    }
    exit(END)
}
