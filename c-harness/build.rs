//! Compiles the C host and the probe, which `src/lib.rs` embeds as bytes.

#[path = "build/compiler.rs"]
mod compiler;
#[expect(unreachable_pub, reason = "the library exports it; this program does not")]
#[path = "src/files.rs"]
mod files;
#[expect(unreachable_pub, reason = "the library exports it; this program does not")]
#[path = "src/placeholder.rs"]
mod placeholder;
#[path = "build/stub.rs"]
mod stub;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use compiler::Compiler;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // The one place where cargo shows a message of a build script without being asked.
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    for path in ["build.rs", "build", "host", "probe", "src/files.rs", "src/placeholder.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let out = PathBuf::from(compiler::required_variable("OUT_DIR")?);
    let compiler = Compiler::find()?;
    let mut host = sources(Path::new("host"))?;
    host.sort();
    compiler.program(&host, files::HOST_COMPILE_FLAGS, &out.join("host"))?;

    let stub = out.join("libstub.so");
    let stub_source = out.join("stub.c");
    let header = read(Path::new("probe/python.h"))?;
    write(&stub_source, &stub::source(&header)?)?;
    compiler.library(
        &[stub_source],
        &["-std=c11", &format!("-Wl,-soname={}", placeholder::NEEDED_PLACEHOLDER)],
        &stub,
    )?;
    compiler.library(
        &["probe/probe.c".into()],
        &[
            "-std=c11",
            "-D_GNU_SOURCE",
            "-O2",
            "-Wall",
            "-Wextra",
            "-fvisibility=hidden",
            // Checks open the probe LAZY and NOW: the file itself must not decide.
            "-fplt",
            "-Wl,-z,lazy",
            &path(&stub)?,
            "-Wl,--enable-new-dtags",
            &format!("-Wl,-rpath={}", placeholder::SEARCH_PLACEHOLDER),
            &format!("-Wl,-soname={}", placeholder::SONAME_PLACEHOLDER),
            "-pthread",
        ],
        &out.join("probe.so"),
    )
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path =
            entry.map_err(|error| format!("cannot list {}: {error}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "c") {
            files.push(path);
        }
    }
    Ok(files)
}

fn path(path: &Path) -> Result<String, String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| format!("the build folder {} is not UTF-8", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
