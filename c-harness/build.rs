//! Compiles the C host, the probe and the libraries for benchmarks, which `src/lib.rs` embeds as bytes.

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
    for path in
        ["build.rs", "build", "host", "probe", "bench", "src/files.rs", "src/placeholder.rs"]
    {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-changed=../python-fixtures/bench/api.h");
    let out = PathBuf::from(compiler::required_variable("OUT_DIR")?);
    let compiler = Compiler::find()?;
    let mut host = sources(Path::new("host"))?;
    host.sort();
    compiler.program(&host, files::HOST_COMPILE_FLAGS, &out.join("host"))?;

    let stub = stub(&compiler, Path::new("probe/python.h"), &out.join("libprobe_stub.so"))?;
    // Checks open the probe LAZY and NOW: the file itself must not decide.
    let flags = ["-fplt", "-Wl,-z,lazy"];
    patchable(&compiler, &["probe/probe.c"], &flags, &stub, &out.join("probe.so"))?;
    bench(&compiler, &out)
}

/// The libraries that calls are measured with.
fn bench(compiler: &Compiler, out: &Path) -> Result<(), String> {
    let plain = |soname: &str, output: &Path| {
        let flags = [COMMON_FLAGS, &["-fvisibility=hidden", soname]].concat();
        compiler.library(&["bench/plain.c".into()], &flags, output)
    };
    plain("-Wl,-soname=plain.so", &out.join("plain.so"))?;
    // Stands for the DLL that `linked` is to be linked to.
    let any = out.join("libany.so");
    plain(&format!("-Wl,-soname={}", placeholder::NEEDED_PLACEHOLDER), &any)?;
    let flags = ["-fplt", "-Wl,-z,lazy"];
    patchable(compiler, &["bench/linked.c"], &flags, &any, &out.join("linked.so"))?;

    let stub = stub(compiler, Path::new("bench/python.h"), &out.join("libbench_stub.so"))?;
    let shared = ["bench/start.c", "bench/references.c"];
    // Calls that go to the libpython directly, as in a release.
    let flags = ["-fno-plt"];
    let limit = [&["bench/limit.c", "bench/point.c", "bench/vectorcall.c"], &shared[..]].concat();
    patchable(compiler, &limit, &flags, &stub, &out.join("limit.so"))?;
    let naive = [&["bench/naive.c"], &shared[..]].concat();
    patchable(compiler, &naive, &flags, &stub, &out.join("naive.so"))
}

const COMMON_FLAGS: &[&str] = &["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"];

/// A library that stands for libpython when others are linked: with the functions of that header.
fn stub(compiler: &Compiler, header: &Path, output: &Path) -> Result<PathBuf, String> {
    let source = output.with_extension("c");
    write(&source, &stub::source(&read(header)?)?)?;
    let soname = format!("-Wl,-soname={}", placeholder::NEEDED_PLACEHOLDER);
    compiler.library(&[source], &["-std=c11", &soname], output)?;
    Ok(output.to_owned())
}

/// A library that needs `needed`, with placeholders for the names in it.
fn patchable(
    compiler: &Compiler,
    sources: &[&str],
    flags: &[&str],
    needed: &Path,
    output: &Path,
) -> Result<(), String> {
    let sources: Vec<_> = sources.iter().map(PathBuf::from).collect();
    let needed = path(needed)?;
    let search = format!("-Wl,-rpath={}", placeholder::SEARCH_PLACEHOLDER);
    let soname = format!("-Wl,-soname={}", placeholder::SONAME_PLACEHOLDER);
    let link = [needed.as_str(), "-Wl,--enable-new-dtags", &search, &soname, "-pthread"];
    let flags = [COMMON_FLAGS, &["-fvisibility=hidden"], flags, &link].concat();
    compiler.library(&sources, &flags, output)
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
