//! Hosts that are compiled for one DLL: *linked* to it, or with its C code *statically* inside.
//!
//! They are the C host that embedcheck carries, and run the same plans; in a plan the DLL's functions are found
//! through the handle of `open … self`. The host's own sources are compiled once and kept in the cache, so a variant
//! costs one link.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck_c_harness::{HOST_COMPILE_FLAGS, HOST_SOURCES};

use super::cache::{Cache, KeyBuilder};
use super::cc::Compiler;
use super::error::BuildError;
use super::fixtures::Fixture;
use super::link::search_args;
use super::tool::xlinker;
use crate::elf::Search;

/// A host that was linked.
#[derive(Debug, Clone)]
pub struct BuiltHost {
    /// The program.
    pub path: PathBuf,
    /// The command that linked it, quoted for a shell.
    pub command: String,
    /// What the linker said, although it succeeded: evidence, like what it says when it fails.
    pub messages: String,
}

/// A library that a host is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Library {
    /// By its path; `DT_NEEDED` gets its `DT_SONAME`, or this very path if it has none.
    File(PathBuf),
    /// `-LDIR -lNAME`; `DT_NEEDED` gets its `DT_SONAME`, or the name of the file if it has none.
    Named {
        /// Where the linker looks first.
        dir: PathBuf,
        /// `X` means `libX.so`; `:FILE` means just that file name.
        name: String,
    },
}

/// What a host is made of, apart from itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostLink {
    objects: Vec<PathBuf>,
    system_libraries: Vec<&'static str>,
    libraries: Vec<Library>,
    symbols: Vec<String>,
    search: Search,
    rpath_link: Option<PathBuf>,
    as_needed: Option<bool>,
}

impl HostLink {
    /// Nothing: such a host can do what the prebuilt one can.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A host that names the DLL in `DT_NEEDED`, whether or not it refers to anything in it.
    #[must_use]
    pub fn to_dll(dll: &Path) -> Self {
        Self::new().with_library(Library::named(dll)).as_needed(false)
    }

    /// A host that is linked to libpython itself, and refers to nothing in it: with `as_needed` the linker drops it
    /// again.
    #[must_use]
    pub fn to_libpython(libpython: &Path, as_needed: bool) -> Self {
        Self::new().with_library(Library::File(libpython.to_owned())).as_needed(as_needed)
    }

    /// A host with the DLL's code inside: `object` is what
    /// [`CffiProducer::object`](super::CffiProducer::object) made of `fixture`. It is linked to libpython, and finds
    /// it through its own `DT_RUNPATH`.
    #[must_use]
    pub fn with_inside(fixture: &Fixture, object: &Path, libpython: &Path) -> Self {
        let mut link = Self::to_libpython(libpython, false).using(fixture);
        link.objects.push(object.to_owned());
        match libpython.parent() {
            Some(dir) => link.with_rpath(dir),
            None => link,
        }
    }

    /// A host with the code of a DLL inside that embed-dll made: the archive of `fixture`. It is linked
    /// to no libpython.
    #[must_use]
    pub fn with_archive(fixture: &Fixture, archive: &Path) -> Self {
        let mut link = Self::new().using(fixture);
        link.objects.push(archive.to_owned());
        // What `rustc --print native-static-libs` names, in its order.
        let libraries = ["gcc_s", "util", "rt", "pthread", "m", "dl", "c"];
        link.system_libraries.extend(libraries);
        link
    }

    /// The host refers to all functions and variables of the fixture, so that the linker sees them as needed.
    #[must_use]
    pub fn using(self, fixture: &Fixture) -> Self {
        self.using_symbols([fixture.functions, fixture.variables].concat())
    }

    /// As [`Self::using`], by the names of C functions and variables.
    #[must_use]
    pub fn using_symbols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.symbols.extend(names.into_iter().map(Into::into));
        self
    }

    /// One library more; they come in this order on the command line.
    #[must_use]
    pub fn with_library(mut self, library: Library) -> Self {
        self.libraries.push(library);
        self
    }

    /// `DT_RUNPATH` of the program; `$ORIGIN` may stand in it.
    #[must_use]
    pub fn with_rpath(self, dir: impl AsRef<OsStr>) -> Self {
        self.with_search(Search::RunPath(dir.as_ref().to_owned()))
    }

    /// The search path of the program, under either tag.
    #[must_use]
    pub fn with_search(mut self, search: Search) -> Self {
        self.search = search;
        self
    }

    /// `-rpath-link`: where the linker, and only the linker, looks for what the libraries need themselves.
    #[must_use]
    pub fn with_rpath_link(mut self, dir: impl Into<PathBuf>) -> Self {
        self.rpath_link = Some(dir.into());
        self
    }

    /// `--as-needed` or `--no-as-needed` before the libraries; if neither is said, the compiler's default, which
    /// differs between distributions.
    #[must_use]
    pub fn as_needed(mut self, as_needed: bool) -> Self {
        self.as_needed = Some(as_needed);
        self
    }

    /// Compiler arguments after the host's own objects and before its libraries.
    fn args(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = self.objects.iter().map(Into::into).collect();
        args.extend(search_args(&self.search));
        if let Some(dir) = &self.rpath_link {
            args.extend(xlinker(["-rpath-link".into(), dir.into()]));
        }
        match self.as_needed {
            Some(true) => args.extend(xlinker(["--as-needed".into()])),
            Some(false) => args.extend(xlinker(["--no-as-needed".into()])),
            None => {}
        }
        for library in &self.libraries {
            match library {
                Library::File(path) => args.push(path.into()),
                Library::Named { dir, name } => {
                    args.extend(["-L".into(), dir.into(), format!("-l{name}").into()]);
                }
            }
        }
        args.extend(self.system_libraries.iter().map(|name| format!("-l{name}").into()));
        args
    }

    /// C code that defines `embedcheck_builtins`, the table of what the host refers to.
    fn table(&self) -> String {
        let mut code = "#include \"builtin.h\"\n".to_owned();
        let mut entries = String::new();
        for symbol in &self.symbols {
            // The linker knows no types, and an array converts to `void *` where a function does not.
            code.push_str(&format!("extern char {symbol}[];\n"));
            entries.push_str(&format!("    {{\"{symbol}\", (void *){symbol}}},\n"));
        }
        code + "const struct embedcheck_builtin embedcheck_builtins[] = {\n"
            + &entries
            + "    {0, 0},\n};\n"
    }
}

impl Library {
    /// `-L` and `-l` for a file, as one links to `libmy_plugin.so`.
    #[must_use]
    pub fn named(file: &Path) -> Self {
        let dir = file.parent().unwrap_or(Path::new("/")).to_owned();
        let file_name = file.file_name().unwrap_or_default().to_string_lossy();
        let short = file_name.strip_prefix("lib").and_then(|name| name.strip_suffix(".so"));
        let name = short.map_or_else(|| format!(":{file_name}"), str::to_owned);
        Self::Named { dir, name }
    }
}

/// Links hosts.
#[derive(Debug, Clone, Copy)]
pub struct HostBuilder<'a> {
    compiler: &'a Compiler,
    cache: &'a Cache,
}

impl<'a> HostBuilder<'a> {
    /// With this compiler; objects are kept in this cache.
    pub fn new(compiler: &'a Compiler, cache: &'a Cache) -> Self {
        Self { compiler, cache }
    }

    /// Compiles what is not in the cache and links the program `out`.
    ///
    /// # Errors
    ///
    /// [`BuildError::Tool`] with the command line and all that the compiler or linker said.
    pub fn build(&self, link: &HostLink, out: &Path) -> Result<BuiltHost, BuildError> {
        let mut args = self.host_objects()?;
        args.push(self.table(link)?.into());
        args.extend(["-o".into(), out.into()]);
        args.extend(link.args());
        args.extend(HOST_COMPILE_FLAGS.iter().map(Into::into));
        let output = self.compiler.run(args)?;
        Ok(BuiltHost { path: out.to_owned(), command: output.command, messages: output.stderr })
    }

    /// The objects of the host's own sources.
    fn host_objects(&self) -> Result<Vec<OsString>, BuildError> {
        let dir = self.compiled("host-objects", HOST_SOURCES)?;
        let names = HOST_SOURCES.iter().filter_map(|(name, _)| name.strip_suffix(".c"));
        Ok(names.map(|name| dir.join(format!("{name}.o")).into()).collect())
    }

    fn table(&self, link: &HostLink) -> Result<PathBuf, BuildError> {
        let code = link.table();
        let mut files = vec![("embedcheck_table.c", code.as_str())];
        files.extend(HOST_SOURCES.iter().filter(|(name, _)| name.ends_with(".h")));
        Ok(self.compiled("host-table", &files)?.join("embedcheck_table.o"))
    }

    /// A cache entry with an object for each C file.
    fn compiled(&self, kind: &'static str, files: &[(&str, &str)]) -> Result<PathBuf, BuildError> {
        let flags: Vec<_> = HOST_COMPILE_FLAGS
            .iter()
            // Libraries are for the linker; clang warns of them here.
            .filter(|flag| !flag.starts_with("-l"))
            .copied()
            .collect();
        let mut key = KeyBuilder::new(kind).input(self.compiler.identity()).input(flags.join(" "));
        for (name, text) in files {
            key = key.input(name).input(text);
        }
        self.cache.entry(&key.finish(), |dir| {
            for (name, text) in files {
                let file = dir.join(name);
                fs::write(&file, text).map_err(BuildError::file("write", &file))?;
            }
            let sources = files.iter().map(|(name, _)| *name).filter(|name| name.ends_with(".c"));
            self.compiler.run_in(dir, ["-c"].into_iter().chain(sources).chain(flags.clone()))?;
            Ok::<_, BuildError>(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(link: &HostLink) -> String {
        let args = link.args();
        args.iter().map(|arg| arg.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_dll_is_named_as_one_names_it_by_hand() {
        let link = HostLink::to_dll(Path::new("/d/libmy_plugin.so")).with_rpath("$ORIGIN");
        assert_eq!(
            words(&link),
            "-Xlinker --enable-new-dtags -Xlinker -rpath -Xlinker $ORIGIN \
             -Xlinker --no-as-needed -L /d -lmy_plugin"
        );
        let odd = HostLink::to_dll(Path::new("/d/plugin-1.5.so"));
        assert_eq!(words(&odd), "-Xlinker --no-as-needed -L /d -l:plugin-1.5.so");
    }

    #[test]
    fn the_table_names_what_is_used() {
        let link = HostLink::new().using(Fixture::named("add_recursive").unwrap());
        assert_eq!(
            link.table(),
            "#include \"builtin.h\"\n\
             extern char add_rec[];\n\
             extern char my_callback[];\n\
             const struct embedcheck_builtin embedcheck_builtins[] = {\n\
             \x20   {\"add_rec\", (void *)add_rec},\n\
             \x20   {\"my_callback\", (void *)my_callback},\n\
             \x20   {0, 0},\n};\n"
        );
    }
}
