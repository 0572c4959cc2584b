//! A model of glibc's ld.so: which file each library name leads to, and which symbols are missing.
//!
//! The rules are those of the manual pages ld.so(8) and dlopen(3), and where these say nothing, of
//! glibc 2.36's elf/dl-load.c, elf/dl-deps.c and elf/dl-lookup.c. Not modelled: `LD_AUDIT`,
//! `DT_AUXILIARY` and `DT_FILTER`, and the `tls`/platform subdirectories that glibc 2.37 removed. The tests
//! hold the model against the real ld.so.

mod files;
mod rule;
mod scope;
mod search;
mod state;
mod tokens;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use files::Files;
pub use rule::{Candidate, NotFound, Refusal, Resolved, Rule};
pub use scope::{Missing, MissingSymbol, MissingVersion, Scope};
pub use tokens::{expand_entry, split_library_path, split_preload};

use self::search::Searcher;
use self::state::{Namespace, Object, Role};
use super::{Elf, ElfError, LdCache, Platform};

/// What ld.so's decisions in one process depend on.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The program; `None` when it is not known or statically linked.
    pub executable: Option<Elf>,
    /// The entries of `LD_LIBRARY_PATH`, see [`split_library_path`].
    pub library_path: Vec<PathBuf>,
    /// The entries of `LD_PRELOAD`, see [`split_preload`].
    pub preload: Vec<PathBuf>,
    /// `/etc/ld.so.cache`.
    pub cache: LdCache,
    /// What is compiled into the ld.so.
    pub platform: Platform,
    /// Whether the program is setuid or the like, so that the environment is distrusted.
    pub secure: bool,
    /// The current directory, absolute; relative entries start there.
    pub directory: PathBuf,
    /// ELF files that were read already; share it among environments to read each file once.
    pub files: Files,
}

impl Environment {
    /// The environment of a process that runs `executable` on this machine in `directory`, with no
    /// variables set. A damaged `/etc/ld.so.cache` counts as empty, as for ld.so.
    ///
    /// # Errors
    ///
    /// When the executable cannot be read as an ELF file.
    pub fn of_program(executable: &Path, directory: &Path) -> Result<Environment, ElfError> {
        let elf = Elf::read(executable)?;
        let platform = match &elf.interpreter {
            Some(ld_so) => Platform::of(Path::new(ld_so)),
            None => Platform::guess(),
        };
        Ok(Environment {
            executable: Some(elf),
            library_path: Vec::new(),
            preload: Vec::new(),
            cache: LdCache::load(Path::new(LdCache::PATH)).unwrap_or_default(),
            platform,
            secure: false,
            directory: directory.to_owned(),
            files: Files::default(),
        })
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        if path.is_absolute() { path.to_owned() } else { self.directory.join(path) }
    }
}

/// How a library is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// `RTLD_GLOBAL`.
    pub global: bool,
    /// `RTLD_DEEPBIND`.
    pub deep_bind: bool,
    /// `RTLD_NOLOAD`: only if it is loaded already. With `global`, promotes it.
    pub no_load: bool,
    /// `dlmopen` with `LM_ID_NEWLM`.
    pub new_namespace: bool,
    /// Otherwise the number of the namespace, in order of creation; 0 is that of the program.
    pub namespace: usize,
}

/// An object in the process that a model stands for. Only valid with that model and its clones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectId {
    namespace: usize,
    object: usize,
}

impl ObjectId {
    /// The number of the namespace that it is in, for [`Mode::namespace`].
    pub fn namespace(self) -> usize {
        self.namespace
    }
}

/// What comes of opening a library.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The library; `None` when it fails.
    pub root: Option<ObjectId>,
    /// Each name that was asked for, breadth first, and the object that it led to.
    pub resolved: Vec<Resolved>,
    /// The names that led nowhere. ld.so stops at the first; these are all.
    pub not_found: Vec<NotFound>,
}

/// A process, as ld.so sees it. Cloning it is cheap, to ask what if.
#[derive(Clone, Debug)]
pub struct LoaderModel {
    environment: Arc<Environment>,
    namespaces: Vec<Namespace>,
    interpreter: Option<Object>,
}

impl LoaderModel {
    /// Starts the program: loads what is preloaded and what the executable needs.
    ///
    /// With libraries in `not_found` the real program would not start, except for preloaded ones, which
    /// ld.so goes without.
    pub fn start(environment: Environment) -> (LoaderModel, Opened) {
        let interpreter = environment.executable.as_ref().and_then(interpreter);
        let environment = Arc::new(environment);
        let mut model = LoaderModel { environment, namespaces: Vec::new(), interpreter };
        let mut opened = Opened::default();
        let mut namespace = model.empty_namespace();
        let mut closure = Vec::new();
        if let Some(elf) = &model.environment.executable {
            // `$ORIGIN` of a program is where the kernel says it is, without symbolic links.
            let path = fs::canonicalize(&elf.path).unwrap_or_else(|_| elf.path.clone());
            opened.resolved.push(Resolved {
                name: elf.path.display().to_string(),
                needed_by: None,
                path: path.clone(),
                rule: Rule::Executable,
                tried: Vec::new(),
            });
            closure.push(namespace.objects.len());
            opened.root = Some(ObjectId { namespace: 0, object: namespace.objects.len() });
            namespace.objects.push(Object {
                path,
                role: Role::Executable,
                id: None,
                elf: Arc::new(elf.clone()),
                names: Vec::new(),
                loader: None,
                deep_bind: false,
            });
        }
        let executable = closure.first().copied();
        for name in model.environment.preload.clone() {
            // A setuid program takes plain names only, from the trusted directories.
            if model.environment.secure && name.as_os_str().as_encoded_bytes().contains(&b'/') {
                continue;
            }
            let request = Request {
                name: name.as_os_str(),
                asker: executable,
                cause: Cause::Named,
                opening: false,
            };
            if let Some(object) = model.resolve(&mut namespace, &request, false, &mut opened)
                && !closure.contains(&object)
            {
                closure.push(object);
            }
        }
        model.close(&mut namespace, &mut closure, false, false, &mut opened);
        namespace.global = closure;
        model.namespaces.push(namespace);
        (model, opened)
    }

    /// `dlopen` or `dlmopen`, called by the program itself. When it fails, the model is unchanged.
    pub fn open(&mut self, path_or_name: impl AsRef<OsStr>, mode: Mode) -> Opened {
        let mut opened = Opened::default();
        let number = if mode.new_namespace { self.namespaces.len() } else { mode.namespace };
        let mut namespace = match self.namespaces.get(number) {
            Some(namespace) => namespace.clone(),
            None => self.empty_namespace(),
        };
        let name = path_or_name.as_ref();
        let known = namespace.objects.len();
        let request = Request { name, asker: None, cause: Cause::Named, opening: true };
        let Some(root) = self.resolve(&mut namespace, &request, mode.deep_bind, &mut opened) else {
            return opened;
        };
        if mode.no_load && root >= known {
            opened.resolved.clear();
            return opened;
        }
        let mut closure = vec![root];
        self.close(&mut namespace, &mut closure, true, mode.deep_bind, &mut opened);
        if !opened.not_found.is_empty() {
            return opened;
        }
        // `_dl_new_object` takes the closure of the first object of a namespace for its global scope.
        let is_first = number > 0 && namespace.closures.is_empty();
        if mode.global || is_first {
            namespace.add_global(&closure);
        }
        if !namespace.closures.contains(&closure) {
            namespace.closures.push(closure);
        }
        let number = number.min(self.namespaces.len());
        if number == self.namespaces.len() {
            self.namespaces.push(namespace);
        } else {
            self.namespaces[number] = namespace;
        }
        opened.root = Some(ObjectId { namespace: number, object: root });
        opened
    }

    /// The object that has this SONAME or was loaded by this name.
    pub fn find(&self, namespace: usize, name: impl AsRef<OsStr>) -> Option<ObjectId> {
        let object = self.namespaces.get(namespace)?.find_name(name.as_ref())?;
        Some(ObjectId { namespace, object })
    }

    /// The file of an object as ld.so names it, but absolute.
    pub fn path(&self, object: ObjectId) -> Option<&Path> {
        Some(&self.namespaces.get(object.namespace)?.objects.get(object.object)?.path)
    }

    /// Where the symbols of an object are looked up.
    pub fn scope(&self, object: ObjectId) -> Scope {
        let Some(namespace) = self.namespaces.get(object.namespace) else {
            return Scope::default();
        };
        let objects = namespace.scope(object.object).into_iter().map(|object| {
            let object = &namespace.objects[object];
            (object.path.clone(), Arc::clone(&object.elf))
        });
        Scope { objects: objects.collect() }
    }

    /// What would be missing if the libpython of this process opened an extension module, that is, with
    /// `RTLD_NOW` and by its path, into the namespace that libpython is in (that of the program, when
    /// there is no libpython).
    pub fn missing_for(&self, module: &Path) -> Missing {
        let is_libpython = |object: &Object| {
            object.elf.soname.as_deref().is_some_and(|name| name.starts_with("libpython"))
        };
        let namespace = self
            .namespaces
            .iter()
            .position(|namespace| namespace.objects.iter().any(is_libpython))
            .unwrap_or(0);
        let mut after = self.clone();
        let known = self.namespaces.get(namespace).map_or(0, |namespace| namespace.objects.len());
        let path = self.environment.absolute(module);
        let opened = after.open(&path, Mode { namespace, ..Mode::default() });
        let mut missing = Missing { libraries: opened.not_found, ..Missing::default() };
        if opened.root.is_none() {
            return missing;
        }
        let objects = &after.namespaces[namespace].objects;
        for (number, object) in objects.iter().enumerate().skip(known) {
            let scope = after.scope(ObjectId { namespace, object: number });
            missing.symbols.extend(scope.unresolved(&object.elf).into_iter().map(|symbol| {
                MissingSymbol {
                    symbol: symbol.name.clone(),
                    version: symbol.version.clone(),
                    object: object.path.clone(),
                    only_calls: symbol.used == super::Use::Calls,
                }
            }));
            missing.versions.extend(missing_versions(object, objects));
        }
        missing
    }

    fn empty_namespace(&self) -> Namespace {
        // There is one ld.so in a process, visible in each namespace.
        Namespace { objects: self.interpreter.iter().cloned().collect(), ..Namespace::default() }
    }

    /// Adds to `closure`, breadth first, what its members need.
    fn close(
        &self,
        namespace: &mut Namespace,
        closure: &mut Vec<usize>,
        opening: bool,
        deep_bind: bool,
        opened: &mut Opened,
    ) {
        let mut next = 0;
        while let Some(&object) = closure.get(next) {
            let elf = Arc::clone(&namespace.objects[object].elf);
            for name in &elf.needed {
                let request = Request {
                    name: name.as_ref(),
                    asker: Some(object),
                    cause: Cause::Needed,
                    opening,
                };
                if let Some(needed) = self.resolve(namespace, &request, deep_bind, opened)
                    && !closure.contains(&needed)
                {
                    closure.push(needed);
                }
            }
            next += 1;
        }
    }

    /// Finds one name, loads the file into the namespace if it is not there yet, and notes the result.
    fn resolve(
        &self,
        namespace: &mut Namespace,
        request: &Request<'_>,
        deep_bind: bool,
        opened: &mut Opened,
    ) -> Option<usize> {
        let needed_by = match request.cause {
            Cause::Needed => request.asker.map(|asker| namespace.objects[asker].path.clone()),
            Cause::Named => None,
        };
        let mut note = |path: &Path, rule, tried| {
            let name = request.name.to_string_lossy().into_owned();
            let (path, needed_by) = (path.to_owned(), needed_by.clone());
            opened.resolved.push(Resolved { name, needed_by, path, rule, tried });
        };
        if let Some(object) = namespace.find_name(request.name) {
            let rule = match namespace.objects[object].role {
                Role::Interpreter => Rule::Interpreter,
                Role::Executable | Role::Library => Rule::SameName,
            };
            note(&namespace.objects[object].path, rule, Vec::new());
            return Some(object);
        }
        let base = self.namespaces.first().unwrap_or(namespace);
        let executable = base.objects.iter().find(|object| object.role == Role::Executable);
        let chain = match request.asker {
            Some(asker) => namespace.chain(asker),
            // `dlopen` searches on behalf of its caller, which is the program.
            None => executable.into_iter().collect(),
        };
        let mut searcher = Searcher {
            environment: &self.environment,
            executable,
            chain,
            opening: request.opening,
            tried: Vec::new(),
        };
        let Some(found) = searcher.find(request.name) else {
            let name = request.name.to_string_lossy().into_owned();
            opened.not_found.push(NotFound { name, needed_by, tried: searcher.tried });
            return None;
        };
        if let Some(object) = namespace.find_file(found.id) {
            note(&namespace.objects[object].path, Rule::SameFile, searcher.tried);
            namespace.objects[object].names.push(request.name.to_owned());
            return Some(object);
        }
        note(&found.path, found.rule, searcher.tried);
        let names = vec![request.name.to_owned(), found.path.clone().into_os_string()];
        namespace.objects.push(Object {
            path: found.path,
            role: Role::Library,
            id: Some(found.id),
            elf: found.elf,
            names,
            loader: request.asker,
            deep_bind,
        });
        Some(namespace.objects.len() - 1)
    }
}

/// A name to be resolved and whoever asks for it.
struct Request<'a> {
    name: &'a OsStr,
    asker: Option<usize>,
    cause: Cause,
    /// Whether `dlopen` asks, not the start of the program.
    opening: bool,
}

/// Why a name is to be resolved.
enum Cause {
    /// It is a `DT_NEEDED` of the asker.
    Needed,
    /// It was opened or preloaded.
    Named,
}

fn interpreter(executable: &Elf) -> Option<Object> {
    let path = executable.interpreter.as_deref()?;
    let elf = Elf::read(Path::new(path)).ok()?;
    Some(Object {
        path: path.into(),
        role: Role::Interpreter,
        id: None,
        elf: Arc::new(elf),
        names: vec![path.into()],
        loader: None,
        deep_bind: false,
    })
}

/// The check of `_dl_check_map_versions` in glibc's elf/dl-version.c: libraries without any versions pass.
fn missing_versions<'a>(
    object: &'a Object,
    objects: &'a [Object],
) -> impl Iterator<Item = MissingVersion> + use<'a> {
    object.elf.version_needs.iter().filter(|need| !need.weak).filter_map(move |need| {
        let provider = objects.iter().find(|other| other.has_name(need.file.as_ref()))?;
        let has = &provider.elf.version_definitions;
        (!has.is_empty() && !has.contains(&need.version)).then(|| MissingVersion {
            version: need.version.clone(),
            provider: provider.path.clone(),
            required_by: object.path.clone(),
        })
    })
}
