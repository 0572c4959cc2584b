//! What to do, as commands for this very interpreter.

use std::path::{Path, PathBuf};

use super::known;
use super::lambda;
use super::profile::Profile;
use super::search::Layer;
use crate::distribution::Distribution;
use crate::doctor::Fix;
use crate::doctor::shell::{self, quoted};
use crate::env::Caller;
use crate::target::Origin;

/// Where a module is to be put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Where the interpreter's own packages are.
    Interpreter,
    /// The packages of the user.
    UserSite,
    /// A folder that was named.
    Folder(PathBuf),
    /// A layer.
    Layer {
        /// Counted from 0.
        index: usize,
        /// The folder in it.
        below: PathBuf,
    },
}

impl Destination {
    /// The layer of this number, in the entry of the search path that lies there, if one does: in front of `python` a runtime
    /// searches another folder, and what lies there has to be replaced there.
    pub(super) fn in_layer(layers: &[Layer], index: usize, entry: Option<&str>) -> Self {
        let folder = layers.get(index).map(|layer| &layer.folder);
        let below =
            folder.zip(entry).and_then(|(layer, entry)| Path::new(entry).strip_prefix(layer).ok());
        Self::Layer { index, below: below.unwrap_or(Path::new(lambda::TOP)).to_owned() }
    }
}

/// What fixes depend on.
pub(super) struct Fixer<'a> {
    pub(super) profile: &'a Profile,
    pub(super) caller: &'a Caller,
    pub(super) layers: &'a [Layer],
    /// What has the module; `None` if nobody knows.
    pub(super) distribution: Option<String>,
    /// The version that the other part of it has.
    pub(super) pinned: Option<String>,
    /// Something of the distribution is there, so that pip takes it for installed.
    pub(super) is_there: bool,
}

impl Fixer<'_> {
    /// Puts a build for this Python where it is to be, in the order in which to try it.
    pub(super) fn install(&self, destination: &Destination) -> Vec<Fix> {
        let Some(distribution) = &self.distribution else {
            return vec![Fix::advice(
                "Install the distribution that has this module, with this interpreter's pip; the names of \
                 modules do not tell that of their distribution",
            )];
        };
        match destination {
            Destination::Layer { index, below } => self
                .layers
                .get(*index)
                .map(|layer| self.layer(layer, below, distribution))
                .into_iter()
                .collect(),
            Destination::Folder(folder) => {
                let mut fixes = vec![Fix::command(
                    format!(
                        "Install {distribution} for {} into the folder in which this one lies",
                        self.profile.title()
                    ),
                    format!(
                        "{} -m pip install --upgrade{} --target {} {}",
                        self.python(),
                        self.platform_options(),
                        shell::path(folder),
                        quoted(&self.requirement(distribution))
                    ),
                )];
                if self.profile.interpreter.is_some() {
                    fixes.extend(self.for_interpreter(distribution, false));
                }
                fixes
            }
            Destination::Interpreter => self.for_interpreter(distribution, false),
            Destination::UserSite => self.for_interpreter(distribution, true),
        }
    }

    fn for_interpreter(&self, distribution: &str, user: bool) -> Vec<Fix> {
        let profile = self.profile;
        let requirement = quoted(distribution);
        if profile.interpreter.is_none() {
            return vec![Fix::command(
                format!("Install {distribution} with the pip of that Python"),
                format!("python{} -m pip install {requirement}", profile.series()),
            )];
        }
        let python = self.python();
        let mut fixes = Vec::new();
        if profile.externally_managed {
            fixes.extend(self.system_package(distribution));
        } else {
            let force = if self.is_there { "--force-reinstall " } else { "" };
            let user = if user { "--user " } else { "" };
            let mut commands = vec![format!("{python} -m pip install {user}{force}{requirement}")];
            if !profile.has_pip && profile.has_venv {
                commands.insert(0, format!("{python} -m ensurepip"));
            }
            let what = format!("Install {distribution} with the pip of this interpreter");
            fixes.push(Fix { what, commands, verified: false });
        }
        if !profile.is_venv {
            let why = if profile.externally_managed {
                ": the packages of this interpreter belong to the distribution, and pip refuses \
                 to add to them"
            } else {
                ", in which nothing of another Python is in the way"
            };
            fixes.push(Fix {
                what: format!("Use a virtual environment{why}"),
                commands: vec![
                    format!("{python} -m venv venv"),
                    format!("venv/bin/python -m pip install {requirement}"),
                ],
                verified: false,
            });
        }
        fixes
    }

    /// The package of the distribution that the interpreter belongs to.
    fn system_package(&self, distribution: &str) -> Option<Fix> {
        if self.profile.origin != Some(Origin::System) {
            return None;
        }
        let here = Distribution::here();
        if here.is_like(&["debian", "ubuntu"]) {
            let package = known::debian_package(distribution)?;
            let reinstall = if self.is_there { "--reinstall " } else { "" };
            return Some(Fix::command(
                format!("Install the distribution's package of {distribution}"),
                format!("apt install {reinstall}{package}"),
            ));
        }
        // rpm packages provide the names of the distributions that they hold.
        here.is_like(&["fedora", "rhel", "centos"]).then(|| {
            let name = distribution.to_ascii_lowercase();
            Fix::command(
                format!("Install the distribution's package of {distribution}"),
                format!("dnf install {}", quoted(&format!("python3dist({name})"))),
            )
        })
    }

    /// A layer, in place; an archive is unpacked, changed and made again.
    fn layer(&self, layer: &Layer, below: &Path, distribution: &str) -> Fix {
        let (folder, before, after) = if layer.is_archive {
            // A new folder: one of that name may be there.
            let folder = layer.given.with_extension("unpacked");
            let (zip, to) = (shell::path(&layer.given), shell::path(&folder));
            (
                folder,
                Some(format!("unzip -q {zip} -d {to}")),
                Some(format!("(cd {to} && rm {zip} && zip -q -r {zip} .)")),
            )
        } else {
            (layer.given.clone(), None, None)
        };
        let pip = format!(
            "{} -m pip install --upgrade{} --target {} {}",
            self.python(),
            self.platform_options(),
            shell::path(&folder.join(below)),
            quoted(&self.requirement(distribution))
        );
        Fix {
            what: format!(
                "Put {distribution} for {} on {} into the layer",
                self.profile.title(),
                self.profile.architecture
            ),
            commands: before.into_iter().chain([pip]).chain(after).collect(),
            verified: false,
        }
    }

    /// `cffi`, or the version that its other part has.
    fn requirement(&self, distribution: &str) -> String {
        match &self.pinned {
            Some(version) => format!("{distribution}=={version}"),
            None => distribution.to_owned(),
        }
    }

    /// What makes pip take wheels for a Python that does not run it.
    fn platform_options(&self) -> String {
        let profile = self.profile;
        if !profile.lambda && profile.interpreter.is_some() {
            return String::new();
        }
        let platforms = lambda::platforms(profile.glibc, &profile.architecture);
        let platforms: String =
            platforms.iter().map(|platform| format!(" --platform {platform}")).collect();
        format!(
            "{platforms} --python-version {} --implementation cp --only-binary=:all:",
            profile.series()
        )
    }

    /// The interpreter by its name where that is enough, by its path where it is not.
    pub(super) fn python(&self) -> String {
        let Some(interpreter) = &self.profile.interpreter else { return "python3".to_owned() };
        let name = format!("python{}", self.profile.series());
        let on_path = self.caller.path_folders().map(|folder| folder.join(&name));
        let first = on_path.into_iter().find(|path| path.is_file());
        let is_it = |path: &PathBuf| path == interpreter || same_file(path, interpreter);
        match first {
            Some(path) if !self.profile.is_venv && is_it(&path) => name,
            _ => shell::path(interpreter),
        }
    }

    /// Gets a library that is missing.
    pub(super) fn library(&self, soname: &str) -> Option<Fix> {
        let package = known::debian_library(soname)?;
        let is_here = !self.profile.lambda && self.profile.interpreter.is_some();
        (is_here && Distribution::here().is_like(&["debian", "ubuntu"])).then(|| {
            Fix::command(format!("Install the library {soname}"), format!("apt install {package}"))
        })
    }

    /// A module of the standard library that this Python was built without.
    pub(super) fn stdlib(&self, module: &str) -> Vec<Fix> {
        let is_debian = Distribution::here().is_like(&["debian", "ubuntu"]);
        let known = known::headers(module);
        let profile = self.profile;
        let install =
            known.filter(|_| is_debian).map(|(headers, _)| format!("apt install {headers}"));
        match profile.origin {
            Some(Origin::System) => match known {
                Some((_, Some(package))) if is_debian => {
                    vec![Fix::command(
                        "Debian has it in a package of its own",
                        format!("apt install {package}"),
                    )]
                }
                _ => vec![Fix::advice(
                    "Install the whole standard library of the distribution's Python: it may be split \
                     into several packages",
                )],
            },
            Some(Origin::Pyenv) => vec![Fix {
                what: "Install the headers that it needs, and build this Python again".to_owned(),
                commands: install
                    .into_iter()
                    .chain(
                        profile
                            .full_version
                            .as_ref()
                            .map(|version| format!("pyenv install --force {version}")),
                    )
                    .collect(),
                verified: false,
            }],
            _ => vec![Fix {
                what: "Install the headers that it needs, and build this Python again".to_owned(),
                commands: install.into_iter().collect(),
                verified: false,
            }],
        }
    }
}

/// Moves something out of the way without losing it.
pub(super) fn move_away(path: &Path) -> Fix {
    let mut away = path.as_os_str().to_owned();
    away.push(".away");
    Fix::command(
        "Move it out of the way",
        format!("mv {} {}", shell::path(path), shell::path(Path::new(&away))),
    )
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}
