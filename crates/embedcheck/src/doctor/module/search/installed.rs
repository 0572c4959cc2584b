//! The search path of an interpreter that is here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::ask::{Answer, Raw, ask};
use super::{Builder, Search, layers};
use crate::doctor::DoctorError;
use crate::doctor::module::path::Origin;
use crate::doctor::module::profile::Profile;
use crate::doctor::module::pth::{self, PthFile};
use crate::doctor::module::{ModuleOptions, lambda};
use crate::elf::split_library_path;
use crate::env::Caller;
use crate::run::{Scratch, Stop};
use crate::target::Target;

/// Asks the interpreter of the target, and puts what was given in front.
pub(in crate::doctor::module) fn installed(
    caller: &Caller,
    target: &Target,
    options: &ModuleOptions,
    scratch: &Scratch,
    stop: &Stop,
) -> Result<Search, DoctorError> {
    let Some(interpreter) = &target.executable else {
        return Err(DoctorError::Input(format!(
            "{} has no interpreter that could be asked where it searches for modules; name one with --python",
            target.id
        )));
    };
    let answer = ask(caller, target, interpreter, options, scratch, stop)?;
    let mut profile = Profile::of_target(target, &answer_suffixes(&answer));
    profile.builtins = answer.builtins.iter().map(Raw::text).collect();
    profile.is_frozen = answer.is_frozen;
    profile.has_pip = answer.has_pip;
    profile.has_venv = answer.has_venv;
    profile.stdlib_names = answer.stdlib_names.iter().map(Raw::text).collect();
    let stdlib = answer.paths.get("stdlib").and_then(Option::as_ref).map(Raw::path);
    let marker = stdlib.as_ref().map(|stdlib| stdlib.join("EXTERNALLY-MANAGED"));
    // In a virtual environment pip does not look at the marker.
    profile.is_venv = answer.prefix != answer.base_prefix;
    profile.externally_managed = marker.is_some_and(|marker| marker.is_file()) && !profile.is_venv;

    let pth = if options.layers { Vec::new() } else { pth_files(&answer) };
    let mut builder = Builder::default();
    let (layers, front) = if options.layers {
        let (major, minor) = profile.version;
        profile.lambda = true;
        profile.glibc = lambda::glibc((major, minor));
        let layers = layers::open(&options.paths, scratch, stop)?;
        let front = layers::add(&mut builder, &layers, (major, minor), Some(scratch))?;
        (layers, front)
    } else {
        (Vec::new(), builder.add_given(&options.paths)?)
    };
    let origins = Origins::new(&answer, &pth, options);
    for (index, path) in usual(&answer, scratch.path()).enumerate() {
        let origin = origins.of(&path, index);
        // A function of AWS Lambda has the packages of its layers, not those of this machine.
        if !options.layers || matches!(origin, Origin::Stdlib | Origin::Dynload) {
            builder.add(&path, origin, false)?;
        }
    }
    let Builder { places, entries } = builder;
    Ok(Search { profile, places, entries, pth, layers, front })
}

fn answer_suffixes(answer: &Answer) -> [Vec<String>; 3] {
    let texts = |raw: &[Raw]| raw.iter().map(Raw::text).collect();
    [
        texts(&answer.extension_suffixes),
        texts(&answer.source_suffixes),
        texts(&answer.bytecode_suffixes),
    ]
}

/// `sys.path` without the folder of the script, which here is the scratch folder.
fn usual<'a>(answer: &'a Answer, scratch: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    let mut seen = BTreeSet::new();
    let paths = answer.path.iter().map(Raw::path);
    paths.filter(move |path| {
        !path.as_os_str().is_empty() && path != scratch && seen.insert(path.clone())
    })
}

fn pth_files(answer: &Answer) -> Vec<PthFile> {
    if !answer.site.active {
        return Vec::new();
    }
    let user = answer.site.user.iter().filter(|_| answer.site.user_enabled);
    let folders: BTreeSet<_> = user.chain(&answer.site.packages).map(Raw::path).collect();
    folders.iter().flat_map(|folder| pth::of_folder(folder)).collect()
}

/// What explains an entry.
struct Origins {
    pythonpath: Vec<PathBuf>,
    stdlib: Vec<PathBuf>,
    user: Option<PathBuf>,
    site: Vec<PathBuf>,
    pth: Vec<(PathBuf, String)>,
}

impl Origins {
    fn new(answer: &Answer, pth: &[PthFile], options: &ModuleOptions) -> Self {
        let pythonpath = options.environment.iter().rfind(|(name, _)| name == "PYTHONPATH");
        let pythonpath = pythonpath.map(|(_, value)| std::env::split_paths(value).collect());
        let stdlib = ["stdlib", "platstdlib"].iter();
        let stdlib = stdlib.filter_map(|name| Some(answer.paths.get(*name)?.as_ref()?.path()));
        let pth = pth
            .iter()
            .flat_map(|file| file.adds.iter().map(|path| (PathBuf::from(path), file.path.clone())));
        Self {
            pythonpath: pythonpath.unwrap_or_default(),
            stdlib: stdlib.collect(),
            user: answer.site.user.as_ref().map(Raw::path),
            site: answer.site.packages.iter().map(Raw::path).collect(),
            pth: pth.collect(),
        }
    }

    fn of(&self, path: &Path, index: usize) -> Origin {
        // PYTHONPATH comes first, so that an entry further behind is somebody else's.
        if index < self.pythonpath.len() && self.pythonpath.iter().any(|entry| entry == path) {
            return Origin::Pythonpath;
        }
        if self.user.as_deref() == Some(path) {
            return Origin::UserSite;
        }
        let is_dist = path.file_name().is_some_and(|name| name == "dist-packages");
        if self.site.iter().any(|site| site == path) {
            return if is_dist { Origin::DistPackages } else { Origin::SitePackages };
        }
        if let Some((_, file)) = self.pth.iter().find(|(added, _)| same(added, path)) {
            return Origin::Pth(file.clone());
        }
        let is_archive = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with("python") && name.ends_with(".zip"));
        if path.file_name().is_some_and(|name| name == "lib-dynload") {
            return Origin::Dynload;
        }
        let in_stdlib = |stdlib: &PathBuf| {
            path.starts_with(stdlib) || is_archive && path.parent() == stdlib.parent()
        };
        if self.stdlib.iter().any(in_stdlib) {
            return Origin::Stdlib;
        }
        if is_dist { Origin::DistPackages } else { Origin::Other }
    }
}

fn same(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .ok()
            .is_some_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// The entries of `LD_LIBRARY_PATH` that a child has.
pub(in crate::doctor::module) fn library_path(
    target: &Target,
    options: &ModuleOptions,
) -> Vec<PathBuf> {
    let named = options.environment.iter().rfind(|(name, _)| name == "LD_LIBRARY_PATH");
    match named {
        Some((_, value)) => split_library_path(value),
        None => target.library_path.iter().cloned().collect(),
    }
}
