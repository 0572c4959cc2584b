//! Hosts that are linked to the DLL, and find it and its libpython when they start.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::landing::{Claim, Landing};
use super::place::{listable, make_parent};
use super::seen::Seen;
use crate::check::{Finding, Lab, LabError, Plugin};
use crate::diagnose::{self, Evidence};
use crate::dll::HostLink;
use crate::elf::Search;
use crate::report::Producer;
use crate::run::HostCommand;

/// How the linker names the DLL: `-lplugin`.
const DLL: &str = "libplugin.so";

/// A host, the DLL that it is linked to, and where libpython is found.
struct Linked<'a> {
    host: &'a HostCommand,
    plugin: &'a Plugin,
    here: &'a Path,
    library_path: Option<&'a Path>,
    libpython: PathBuf,
}

impl Linked<'_> {
    /// Starts the host and calls the DLL.
    fn run(&self, lab: &Lab<'_>, seen: &mut Seen, words: &str) -> Result<(), LabError> {
        let label = format!("{} linked to the host, {words}", self.plugin.producer.word());
        let mut case = lab.case(label, self.host, self.here);
        if let Some(path) = self.library_path {
            case.env.set("LD_LIBRARY_PATH", path);
        }
        self.plugin.join(&mut case);
        let claim = Claim::In(self.libpython.clone());
        let landing = match self.plugin.producer {
            Producer::Rust => Landing::told(&claim, lab.soname()?)?,
            Producer::Probe | Producer::Cffi => Landing::compute(lab, &case, None)?,
        };
        let open = case.plan.open_program("plugin");
        case.expect.done(open);
        self.plugin.call(&mut case, "plugin");
        seen.run(lab, case, words, &landing, &claim)
    }
}

/// An absolute rpath in the host leads to the DLL, and that of the DLL to libpython. The host names
/// the DLL and nothing in it, so that one link serves for the DLLs of all producers.
pub(super) fn rpath(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut seen = Seen::default();
    let folder = lab.folder("host")?;
    let here = folder.path();
    listable(here)?;
    listable(lab.libdir())?;
    let (dll, program) = (here.join("lib").join(DLL), here.join("bin/host"));
    make_parent(&dll)?;
    make_parent(&program)?;
    let mut linked = None;
    for producer in lab.producers(&mut seen.missing)? {
        let plugin = lab.plugin(producer, &dll, &lab.absolute())?;
        let host = match &linked {
            Some(host) => host,
            None => {
                let link = HostLink::to_dll(&dll).with_rpath(here.join("lib"));
                linked.insert(lab.linked_host(&program, &link)?)
            }
        };
        let libpython = lab.libdir().to_owned();
        let linked = Linked { host, plugin: &plugin, here, library_path: None, libpython };
        linked.run(lab, &mut seen, "absolute -rpath")?;
    }
    Ok(seen.conclude())
}

/// Host, DLL and libpython in one folder, which is moved after the link.
pub(super) fn origin(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut seen = Seen::default();
    let folder = lab.folder("host")?;
    let here = folder.path();
    let (made, moved) = (here.join("made"), here.join("moved"));
    lab.put_libpython(&made)?;
    let search = Search::RunPath("$ORIGIN".into());
    let dll = made.join(DLL);
    lab.plugin(Producer::Probe, &dll, &search)?;
    let link = HostLink::to_dll(&dll).with_rpath(OsStr::new("$ORIGIN"));
    let host = lab.linked_host(&made.join("host"), &link)?;
    fs::rename(&made, &moved).map_err(LabError::internal("move the program"))?;
    let host = HostCommand { program: moved.join("host"), ..host };
    for producer in lab.producers(&mut seen.missing)? {
        let mut plugin = lab.plugin(producer, &moved.join(DLL), &search)?;
        if producer == Producer::Rust {
            let soname = lab.soname()?;
            plugin = plugin.told(format!("$ORIGIN/{soname}"), &moved.join(soname));
        }
        let libpython = moved.clone();
        let linked = Linked { host: &host, plugin: &plugin, here, library_path: None, libpython };
        linked.run(lab, &mut seen, "-rpath $ORIGIN")?;
    }
    Ok(seen.conclude())
}

/// A DLL that says nothing about the search: the linker wants to know where its libpython is, and at
/// run time the environment must say it.
pub(super) fn rpath_link(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
    let mut seen = Seen::default();
    let folder = lab.folder("host")?;
    let here = folder.path();
    listable(here)?;
    let dll = here.join("lib").join(DLL);
    make_parent(&dll)?;
    let libpython = here.join("python");
    lab.put_libpython(&libpython)?;
    let plugin = lab.plugin(Producer::Probe, &dll, &Search::None)?;
    let link = HostLink::to_dll(&dll).with_rpath(here.join("lib"));
    match lab.linked_host(&here.join("host-without"), &link) {
        Ok(host) => {
            let alone = Landing::compute(lab, &lab.case("alone", &host, here), None)?;
            let why = match alone.path() {
                Some(_) => "it finds a libpython of this soname by itself",
                None => "it does not look into what a library needs",
            };
            seen.note(format!("this linker asks for no -rpath-link: {why}"));
        }
        Err(LabError::Build(messages)) => {
            let cause = diagnose::cause(&Evidence::of_build(&messages));
            let Some(cause) = cause.filter(|cause| cause.id == "link-needs-rpath-link") else {
                return Ok(not_linked("without -rpath-link", messages));
            };
            seen.evidence.push(format!("without -rpath-link: {}", cause.evidence.join("; ")));
        }
        Err(error) => return Err(error),
    }
    let host = match lab.linked_host(&here.join("host"), &link.with_rpath_link(&libpython)) {
        Ok(host) => host,
        Err(LabError::Build(messages)) => return Ok(not_linked("with -rpath-link", messages)),
        Err(error) => return Err(error),
    };
    let library_path = Some(libpython.as_path());
    let linked =
        Linked { host: &host, plugin: &plugin, here, library_path, libpython: libpython.clone() };
    linked.run(lab, &mut seen, "-rpath-link, then LD_LIBRARY_PATH")?;
    Ok(seen.conclude())
}

/// The linker failed where or how it should not.
fn not_linked(how: &str, messages: String) -> Finding {
    let cause = diagnose::cause(&Evidence::of_build(&messages));
    let detail = match &cause {
        Some(cause) => format!("the host cannot be linked {how}: {}", cause.summary),
        None => format!("the host cannot be linked {how}"),
    };
    Finding::fail(detail).because(cause).with_evidence(messages.lines().map(str::to_owned))
}
