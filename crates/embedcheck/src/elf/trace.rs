//! Asks the real ld.so what it would do with an object, without running any of the object's code.
//!
//! With `LD_TRACE_LOADED_OBJECTS` glibc's ld.so maps the objects, lists them and ends; with `LD_WARN` and
//! `LD_BIND_NOW` it also relocates them and names each symbol that it cannot find. See ld.so(8).

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::error::ElfError;
use super::read::Elf;

/// Tracing a Python extension module takes some milliseconds; the largest programs take seconds.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Bytes; a line for each of some hundred thousand symbols.
const MAX_OUTPUT: u64 = 64 << 20;

/// What ld.so said about an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Symbols that no loaded object defines.
    pub undefined: Vec<TraceUndefined>,
    /// Versions that a loaded object demands and another lacks.
    pub versions: Vec<TraceVersion>,
    /// What it loaded, in its order. Nothing for an object without `DT_NEEDED`, even if it preloaded.
    pub loaded: Vec<TraceLoaded>,
    /// The `DT_NEEDED` names that it did not find.
    pub not_found: Vec<String>,
    /// Lines of its output that mean none of the above, such as the reason why it gave up.
    pub other: Vec<String>,
}

/// A symbol that no loaded object defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceUndefined {
    /// Its name.
    pub symbol: String,
    /// The version that was demanded with it.
    pub version: Option<String>,
    /// The object that demands it, as ld.so names it.
    pub object: PathBuf,
}

/// A version that one object demands and another lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceVersion {
    /// The version.
    pub version: String,
    /// The object that lacks it.
    pub provider: PathBuf,
    /// The object that demands it.
    pub required_by: PathBuf,
}

/// An object that ld.so loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLoaded {
    /// The name it was asked for by.
    pub name: String,
    /// The file, where that is not the name itself; `None` also for the vDSO, which is no file.
    pub path: Option<PathBuf>,
}

/// Why ld.so could not be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The program is not glibc's dynamic loader. (musl's would run the object.)
    #[error("`{}` is not the dynamic loader of glibc, so it cannot be asked", .0.display())]
    NotGlibc(
        /// The program.
        PathBuf,
    ),
    /// The program is not readable as an ELF file.
    #[error("cannot identify the dynamic loader: {0}")]
    LoaderUnreadable(
        /// Why not.
        #[from]
        ElfError,
    ),
    /// The list of libraries to preload has blanks and colons as separators.
    #[error("ld.so cannot preload `{}`: its path has a blank, a colon or a `$`", .0.display())]
    Preload(
        /// The path.
        PathBuf,
    ),
    /// The loader could not be started or read from.
    #[error("cannot run `{ld_so}`: {source}", ld_so = ld_so.display())]
    Io {
        /// The loader.
        ld_so: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It did not end in time and was killed.
    #[error("`{ld_so}` did not end within {} s and was killed", limit.as_secs_f32(), ld_so = ld_so.display())]
    TimedOut {
        /// The loader.
        ld_so: PathBuf,
        /// The time limit.
        limit: Duration,
    },
}

/// Asks `ld_so` (the `PT_INTERP` of a program) about `object`, as if that were started as a program,
/// after `preload`. The environment is `env` and nothing else; give `LD_LIBRARY_PATH` there.
///
/// A preloaded library stands in the global scope, as libpython does in a process that opened it with
/// `RTLD_GLOBAL` first.
///
/// # Errors
///
/// When `ld_so` is not glibc's, cannot be run, or takes longer than 30 s. What it has to say
/// against the object is no error, but the [`Trace`].
pub fn trace(
    ld_so: &Path,
    object: &Path,
    preload: Option<&Path>,
    env: &[(&OsStr, &OsStr)],
) -> Result<Trace, TraceError> {
    if !is_glibc(ld_so)? {
        return Err(TraceError::NotGlibc(ld_so.to_owned()));
    }
    // A name without slash would be searched for in the library path.
    let object = if object.as_os_str().as_encoded_bytes().contains(&b'/') {
        object.to_owned()
    } else {
        Path::new(".").join(object)
    };
    let mut all = env.to_vec();
    if let Some(preload) = preload {
        let separators = |byte: &u8| matches!(byte, b' ' | b':' | b'$');
        if preload.as_os_str().as_encoded_bytes().iter().any(separators) {
            return Err(TraceError::Preload(preload.to_owned()));
        }
        // Not the option `--preload`, which glibc before 2.30 takes for the name of the object.
        all.push(("LD_PRELOAD".as_ref(), preload.as_os_str()));
    }
    // Last, so that the caller's environment cannot make this run the object.
    for name in ["LD_TRACE_LOADED_OBJECTS", "LD_BIND_NOW", "LD_WARN"] {
        all.push((name.as_ref(), "1".as_ref()));
    }
    run(ld_so, &[object.as_os_str()], &all, TIME_LIMIT).map(|output| parse(&output))
}

/// Whether this is the dynamic loader of glibc, which alone lists instead of running.
pub(super) fn is_glibc(ld_so: &Path) -> Result<bool, ElfError> {
    let loader = Elf::read(ld_so)?;
    let is_loader = loader.soname.as_deref().is_some_and(|name| name.starts_with("ld"));
    Ok(is_loader && loader.version_definitions.iter().any(|version| version == "GLIBC_PRIVATE"))
}

/// Runs ld.so with exactly this environment and returns what it wrote to either output.
pub(super) fn run(
    ld_so: &Path,
    arguments: &[&OsStr],
    env: &[(&OsStr, &OsStr)],
    limit: Duration,
) -> Result<String, TraceError> {
    let io = |source| TraceError::Io { ld_so: ld_so.to_owned(), source };
    let (reader, writer) = io::pipe().map_err(io)?;
    let mut command = Command::new(ld_so);
    command.args(arguments).env_clear().envs(env.iter().copied()).stdin(Stdio::null());
    command.stdout(writer.try_clone().map_err(io)?).stderr(writer);
    let mut child = command.spawn().map_err(io)?;
    // Closes our copies of the writing end, so that the reader sees the end of the output.
    drop(command);

    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = reader.take(MAX_OUTPUT).read_to_end(&mut bytes).map(|_| bytes);
        // The receiver is gone when the time limit has passed.
        let _ = sender.send(result);
    });
    let output = receiver.recv_timeout(limit);
    // At the end of its output the child has ended or has nothing more to say.
    let killed = child.kill();
    child.wait().and(killed).map_err(io)?;
    match output {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes.map_err(io)?).into_owned()),
        Err(_) => Err(TraceError::TimedOut { ld_so: ld_so.to_owned(), limit }),
    }
}

fn parse(output: &str) -> Trace {
    let mut trace = Trace::default();
    for line in output.lines() {
        if let Some(version) = missing_version(line) {
            trace.versions.push(version);
        } else if let Some(undefined) = undefined(line) {
            trace.undefined.push(undefined);
        } else if line == "\tstatically linked" {
            // So it calls any object without DT_NEEDED, and then lists not even what was preloaded.
        } else if let Some(entry) = line.strip_prefix('\t') {
            match loaded(entry) {
                Some(loaded) => trace.loaded.push(loaded),
                None => match entry.strip_suffix(" => not found") {
                    Some(name) => trace.not_found.push(name.to_owned()),
                    None => trace.other.push(entry.to_owned()),
                },
            }
        } else if !line.is_empty() {
            trace.other.push(line.to_owned());
        }
    }
    trace
}

/// `name => path (0xaddress)` or `name (0xaddress)`.
fn loaded(entry: &str) -> Option<TraceLoaded> {
    let (what, address) = entry.rsplit_once(" (0x")?;
    address.strip_suffix(')')?;
    let (name, path) = match what.split_once(" => ") {
        Some((name, path)) => (name, Some(PathBuf::from(path))),
        None => (what, None),
    };
    Some(TraceLoaded { name: name.to_owned(), path })
}

/// `undefined symbol: name[, version V]<TAB>(file)`, and
/// `symbol name, version V not defined in file F with link time reference<TAB>(file)`.
fn undefined(line: &str) -> Option<TraceUndefined> {
    let (message, object) = line.split_once('\t')?;
    let object = PathBuf::from(object.strip_prefix('(')?.strip_suffix(')')?);
    let (symbol, version) = match message.strip_prefix("undefined symbol: ") {
        Some(what) => what.split_once(", version ").map_or((what, None), |(s, v)| (s, Some(v))),
        None => {
            let (symbol, rest) = message.strip_prefix("symbol ")?.split_once(", version ")?;
            (symbol, Some(rest.split_once(" not defined in file ")?.0))
        }
    };
    Some(TraceUndefined { symbol: symbol.to_owned(), version: version.map(str::to_owned), object })
}

/// ``program: provider: version `V' not found (required by object)``.
fn missing_version(line: &str) -> Option<TraceVersion> {
    let (before, rest) = line.split_once(": version `")?;
    let (version, object) = rest.split_once("' not found (required by ")?;
    let provider = before.split_once(": ").map_or(before, |(_, provider)| provider);
    Some(TraceVersion {
        version: version.to_owned(),
        provider: provider.into(),
        required_by: object.strip_suffix(')')?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_is_understood() {
        let trace = parse(concat!(
            "\tlinux-vdso.so.1 (0x00007ffd)\n",
            "\tlibc.so.6 => /lib/with space/libc.so.6 (0x00007f10)\n",
            "\tlibpython3.11.so.1.0 => not found\n",
            "undefined symbol: PyLong_Type\t(/tmp/a b.so)\n",
            "undefined symbol: f, version V2\t(./x.so)\n",
            "symbol g, version V3 not defined in file liby.so with link time reference\t(./x.so)\n",
            "./x.so: ./liby.so: version `V3' not found (required by ./x.so)\n",
            "./x.so: error while loading shared libraries: ./x.so: file too short\n",
        ));
        let loaded: Vec<_> = trace.loaded.iter().map(|l| (&*l.name, l.path.as_deref())).collect();
        let libc = Path::new("/lib/with space/libc.so.6");
        assert_eq!(loaded, [("linux-vdso.so.1", None), ("libc.so.6", Some(libc))]);
        assert_eq!(trace.not_found, ["libpython3.11.so.1.0"]);
        let undefined: Vec<_> =
            trace.undefined.iter().map(|u| (&*u.symbol, u.version.as_deref())).collect();
        assert_eq!(undefined, [("PyLong_Type", None), ("f", Some("V2")), ("g", Some("V3"))]);
        assert_eq!(trace.undefined[0].object, Path::new("/tmp/a b.so"));
        assert_eq!(trace.versions[0].provider, Path::new("./liby.so"));
        assert_eq!(trace.versions[0].required_by, Path::new("./x.so"));
        assert_eq!(trace.other.len(), 1);
    }
    #[test]
    fn a_loader_that_hangs_is_killed() {
        let start = std::time::Instant::now();
        let limit = Duration::from_millis(100);
        let result = run(Path::new("/bin/sleep"), &["60".as_ref()], &[], limit);
        assert!(matches!(result, Err(TraceError::TimedOut { .. })), "{result:?}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
