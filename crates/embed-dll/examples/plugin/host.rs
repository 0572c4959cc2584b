//! The same host in Rust: opens the plugin and calls it.
//!
//! `cargo build -p embed-dll --example plugin`, then `cargo run -p embed-dll --example plugin_host`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::multiple_unsafe_ops_per_block,
    reason = "an example: it prints, and everything it does with the plugin is sound for one reason"
)]

use std::ffi::{CStr, c_char, c_double, c_int};
use std::path::PathBuf;
use std::process::ExitCode;

use libloading::Library;

#[repr(C)]
struct Point {
    x: c_int,
    y: c_int,
}

fn main() -> ExitCode {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("libplugin.so"));
    let path = std::env::args_os().nth(1).map(PathBuf::from).or_else(beside);
    match run(path.unwrap_or_else(|| PathBuf::from("libplugin.so"))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: PathBuf) -> Result<(), Box<dyn std::error::Error>> {
    // SAFETY: the plugin has no initialisers of its own; the functions have the types of plugin.h.
    unsafe {
        let plugin = Library::new(path)?;
        let start = plugin.get::<unsafe extern "C" fn() -> c_int>("my_plugin_start")?;
        let last_error =
            plugin.get::<unsafe extern "C" fn() -> *const c_char>("my_plugin_last_error")?;
        let do_stuff = plugin.get::<unsafe extern "C" fn(*mut Point) -> c_int>("do_stuff")?;
        let half_root = plugin.get::<unsafe extern "C" fn(c_double) -> c_double>("half_root")?;
        let myfunc = plugin.get::<unsafe extern "C" fn(c_int, c_int) -> c_int>("myfunc")?;

        // Not needed: the first call would start Python. But here its failure has a place.
        if start() != 0 {
            let text = CStr::from_ptr(last_error()).to_string_lossy();
            return Err(format!("Python does not start: {text}").into());
        }
        let mut p = Point { x: 40, y: 2 };
        println!("do_stuff: {}", do_stuff(&raw mut p));
        println!("half_root(16): {}", half_root(16.0));
        println!("myfunc(6, 7): {}", myfunc(6, 7));
        println!("half_root(-1): {}", half_root(-1.0));
        println!("because: {}", CStr::from_ptr(last_error()).to_string_lossy());
        // Python refers to the plugin from now on: it stays in memory whatever happens to `plugin`.
    }
    Ok(())
}
