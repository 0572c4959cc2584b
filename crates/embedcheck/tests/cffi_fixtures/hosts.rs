//! C programs that are linked to the DLLs.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use embedcheck::dll::{BuildError, CffiDll, FIXTURES, Fixture, LinkOptions, Search};
use libtest_mimic::Failed;
use object::read::elf::{Dyn, ElfFile64, FileHeader};
use object::{Object, ObjectSymbol, elf};

use crate::pythons::{Lab, Ready, Wanted};
use crate::{Outcome, TestResult, skip_or_fail};

fn fixture_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python-fixtures").join(name)
}

pub(crate) fn options(ready: &Ready, soname: Option<String>) -> LinkOptions {
    let libdir = ready.python.libpython.parent().unwrap_or(Path::new("/"));
    LinkOptions {
        search: Search::RunPath(libdir.into()),
        soname,
        symbolic: false,
        libpython: Some(ready.python.libpython.clone()),
    }
}

/// `host.c` of the fixture prints what `expected.txt` says.
pub(crate) fn prints(lab: &Lab, wanted: Wanted, fixture: &'static Fixture) -> TestResult {
    let ready = match lab.ready(wanted) {
        Ok(ready) => ready,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let dir = lab.folder();
    match build_host(lab, &ready, fixture, &dir) {
        Ok(host) => run_host(&host, &ready, fixture).map(|()| Outcome::Done),
        Err(error) => skip_or_fail(error),
    }
}

fn build_host(
    lab: &Lab,
    ready: &Ready,
    fixture: &Fixture,
    dir: &Path,
) -> Result<PathBuf, BuildError> {
    let source = fixture_folder(fixture.name).join("host.c");
    let text = fs::read_to_string(&source).expect("each fixture has a host.c");
    let links = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("/* links: ")?.strip_suffix(" */"))
        .expect("the first line of host.c says what it links to");
    let host = dir.join("host");
    let mut args: Vec<OsString> =
        ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread"].map(Into::into).into();
    args.extend([source.into(), "-o".into(), host.clone().into()]);
    args.push("-Wl,-rpath,$ORIGIN".into());
    let producer = lab.producer(ready)?;
    for name in links.split(' ') {
        let linked = Fixture::named(name).expect("the fixtures that host.c names are there");
        let out = dir.join(format!("lib{name}.so"));
        let soname = Some(format!("lib{name}.so"));
        args.push(producer.build(linked, &options(ready, soname), &out)?.so_path.into());
    }
    lab.compiler()?.run(args)?;
    Ok(host)
}

fn run_host(host: &Path, ready: &Ready, fixture: &Fixture) -> Result<(), Failed> {
    let bin = ready.python.executable.parent().unwrap_or(Path::new("/"));
    // `timeout` ends the host that hangs, and says so with its code.
    let mut command = Command::new("/usr/bin/timeout");
    command.args(["--signal=KILL", "60"]).arg(host);
    command
        .env_clear()
        .env("PATH", std::env::join_paths([bin, Path::new("/usr/bin"), Path::new("/bin")]).unwrap())
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    if let Some(site) = &ready.install.site_dir {
        command.env("PYTHONPATH", site);
    }
    let output = command.output()?;
    let expected = fs::read(fixture_folder(fixture.name).join("expected.txt"))?;
    if output.status.success() && output.stdout == expected {
        return Ok(());
    }
    Err(format!(
        "{command:?}\n{}\n--- stdout\n{}--- expected\n{}--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&expected),
        String::from_utf8_lossy(&output.stderr),
    )
    .into())
}

/// The DLLs export what the table of fixtures says, and the function that Python imports them by.
pub(crate) fn exports(lab: &Lab, wanted: Wanted) -> TestResult {
    let ready = match lab.ready(wanted) {
        Ok(ready) => ready,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let dir = lab.folder();
    for fixture in FIXTURES {
        let out = dir.join(fixture.name);
        let built =
            lab.producer(&ready).and_then(|p| p.build(fixture, &options(&ready, None), &out));
        if let Err(error) = built {
            return skip_or_fail(error);
        }
        let init = format!("PyInit_{}", fixture.module);
        let expected: BTreeSet<String> = [fixture.functions, fixture.variables]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .chain([init])
            .collect();
        assert_eq!(Dll::read(&out).exports, expected, "{}", fixture.name);
    }
    Ok(Outcome::Done)
}

/// Each option does to the file what it says.
pub(crate) fn link_options(lab: &Lab) -> TestResult {
    let ready = match lab.ready(Wanted::Minor(13)) {
        Ok(ready) => ready,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let dir = lab.folder();
    let libpython = ready.python.libpython.clone();
    let python_soname = libpython.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let build = |file: &str, options: LinkOptions| -> Result<(CffiDll, Dll), BuildError> {
        let fixture = Fixture::named("perf").expect("the fixture is there");
        let built = lab.producer(&ready)?.build(fixture, &options, &dir.join(file))?;
        let dll = Dll::read(&built.so_path);
        Ok((built, dll))
    };
    let check = || -> Result<(), BuildError> {
        let (_, bare) = build("bare.so", LinkOptions::default())?;
        assert_eq!((bare.runpath, bare.rpath, bare.soname), (None, None, None));
        assert!(!bare.needed.contains(&python_soname), "{:?}", bare.needed);

        let odd = "/with space/and,comma:$ORIGIN/../lib";
        let full = LinkOptions {
            search: Search::RunPath(odd.into()),
            soname: Some("libperf.so.1".to_owned()),
            symbolic: true,
            libpython: Some(libpython.clone()),
        };
        let (built, runpath) = build("ünï cödé.so", full.clone())?;
        assert_eq!(runpath.runpath.as_deref(), Some(odd));
        assert_eq!((runpath.rpath, runpath.soname.as_deref()), (None, Some("libperf.so.1")));
        assert!(runpath.needed.contains(&python_soname), "{:?}", runpath.needed);
        assert!(built.command.contains("-Bsymbolic-functions"), "{}", built.command);

        // The same file name once more: what was there is replaced.
        let rpath = LinkOptions { search: Search::RPath("$ORIGIN/../lib".into()), ..full };
        let (built, rpath) = build("ünï cödé.so", rpath)?;
        assert_eq!((rpath.runpath, rpath.rpath.as_deref()), (None, Some("$ORIGIN/../lib")));
        assert!(built.command.contains("--disable-new-dtags"), "{}", built.command);
        Ok(())
    };
    match check() {
        Ok(()) => Ok(Outcome::Done),
        Err(error) => skip_or_fail(error),
    }
}

/// What the dynamic section of a DLL or a program says.
pub(crate) struct Dll {
    exports: BTreeSet<String>,
    pub(crate) needed: Vec<String>,
    pub(crate) runpath: Option<String>,
    pub(crate) rpath: Option<String>,
    soname: Option<String>,
}

impl Dll {
    pub(crate) fn read(file: &Path) -> Self {
        let data = fs::read(file).expect("it was built");
        let elf = ElfFile64::<object::Endianness>::parse(&*data).expect("it is an ELF file");
        let exports = elf
            .dynamic_symbols()
            .filter(|symbol| symbol.is_definition())
            .map(|symbol| symbol.name().unwrap().to_owned())
            .collect();
        let endian = elf.endian();
        let sections = elf.elf_header().sections(endian, &*data).unwrap();
        let (dynamic, link) = sections.dynamic(endian, &*data).unwrap().expect("it is dynamic");
        let strings = sections.strings(endian, &*data, link).unwrap();
        let values = |tag| -> Vec<String> {
            dynamic
                .iter()
                .filter(|entry| entry.d_tag(endian) == tag)
                .map(|entry| u32::try_from(entry.d_val(endian)).unwrap())
                .map(|offset| String::from_utf8(strings.get(offset).unwrap().to_vec()).unwrap())
                .collect()
        };
        Self {
            exports,
            needed: values(elf::DT_NEEDED),
            runpath: values(elf::DT_RUNPATH).pop(),
            rpath: values(elf::DT_RPATH).pop(),
            soname: values(elf::DT_SONAME).pop(),
        }
    }
}

/// A program in `dir` that stands in for another.
pub(crate) fn script(dir: &Path, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = dir.join("script");
    fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("the scratch folder can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
    file
}

/// A word for the shell.
pub(crate) fn quoted(word: &(impl AsRef<OsStr> + ?Sized)) -> String {
    format!("'{}'", word.as_ref().to_str().expect("the test's paths are UTF-8"))
}
