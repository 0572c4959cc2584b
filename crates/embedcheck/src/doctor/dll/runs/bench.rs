//! Runs plans in hosts, in an environment built from nothing.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fs::OFlags;

use super::About;
use super::facts::{Interpreter, Scope};
use super::judge::{Judged, judge};
use super::script;
use super::steps::{Steps, Trial};
use crate::check::python_first;
use crate::doctor::DoctorError;
use crate::doctor::dll::DllOptions;
use crate::env::Caller;
use crate::run::{
    self, Environment, HostCommand, Observation, RunSpec, Scratch, ScratchRoot, Stop,
};
use crate::target::Target;

/// Bytes of an answer of Python that are read; a `sys.path` has some hundred.
const MAX_ANSWER: u64 = 1 << 20;

/// What Python wrote down. The DLL was in the same process, and may have put anything in the place.
fn answer(path: &Path) -> Option<Vec<u8>> {
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    file.take(MAX_ANSWER).read_to_end(&mut text).ok()?;
    Some(text)
}

/// What every run needs.
pub(super) struct Bench<'a> {
    target: &'a Target,
    options: &'a DllOptions,
    stop: &'a Stop,
    about: &'a About,
    trial: &'a Trial,
    root: ScratchRoot,
    /// Holds the C host and a link to the interpreter.
    _home: Scratch,
    c_host: HostCommand,
    path: OsString,
    /// Where debuggers for backtraces of a hang are.
    tools_path: Option<OsString>,
    /// The libpython to preload, or to start for an extension module.
    pub(super) libpython: Option<PathBuf>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        target: &'a Target,
        caller: &Caller,
        options: &'a DllOptions,
        stop: &'a Stop,
        about: &'a About,
        trial: &'a Trial,
    ) -> Result<Self, DoctorError> {
        let root = ScratchRoot::temporary(caller.temporary_folder());
        let home = root.folder("doctor")?;
        let c_host = HostCommand::c(&home)?;
        let path = python_first(target, home.path())
            .map_err(|source| DoctorError::Unreadable { path: home.path().to_owned(), source })?;
        let own = || target.libpython.as_ref().map(|libpython| libpython.real_path.clone());
        let libpython = if about.contains_python {
            None
        } else if about.extension {
            own()
        } else {
            about.libpython.clone().or_else(own)
        };
        let tools_path = caller.path.clone();
        Ok(Self {
            target,
            options,
            stop,
            about,
            trial,
            root,
            _home: home,
            c_host,
            path,
            tools_path,
            libpython,
        })
    }

    /// Both hosts in each of the scopes, at once, in the order of the scopes.
    pub(super) fn all(&self, scopes: &[Scope]) -> Result<Vec<Judged>, DoctorError> {
        let hosts = [&self.c_host, &self.options.rust_host];
        let pairs = scopes.iter().flat_map(|scope| hosts.map(|host| (host, *scope)));
        let results: Vec<_> = thread::scope(|threads| {
            let started: Vec<_> = pairs
                .map(|(host, scope)| threads.spawn(move || self.one(host, scope, &[])))
                .collect();
            started.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let mut judged = Vec::new();
        for result in results {
            match result {
                Ok(result) => judged.push(result?),
                // A bug of ours: it is not to look like a fact about the DLL.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(judged)
    }

    /// The C host in a scope, with other variables, or without some.
    pub(super) fn again(
        &self,
        scope: Scope,
        variables: &[(&str, Option<OsString>)],
    ) -> Result<Judged, DoctorError> {
        self.one(&self.c_host, scope, variables)
    }

    fn one(
        &self,
        host: &HostCommand,
        scope: Scope,
        variables: &[(&str, Option<OsString>)],
    ) -> Result<Judged, DoctorError> {
        let steps = Steps::new(self.about, self.trial, host.kind, scope, self.libpython.as_deref());
        let (plan, kinds, not_called) = steps.finish();
        let folder = self.root.folder("run")?;
        let mut spec = host.spec(&plan, self.environment(&folder, variables), &folder)?;
        let observation = self.run(&mut spec)?;
        Ok(judge(host.kind, scope, self.trial, &kinds, not_called, observation))
    }

    /// The import in the interpreter itself.
    pub(super) fn interpreter(&self) -> Result<Option<Judged>, DoctorError> {
        let Some(executable) = &self.target.executable else { return Ok(None) };
        let folder = self.root.folder("run")?;
        let code: String =
            self.about.modules.iter().map(|name| script::load(name, &self.about.path)).collect();
        let mut environment = self.environment(&folder, &[]);
        if let Some(libraries) = &self.target.library_path
            && environment.get("LD_LIBRARY_PATH").is_none()
        {
            environment.set("LD_LIBRARY_PATH", libraries);
        }
        let mut spec = RunSpec::new(executable, environment, folder.path());
        spec.args = vec!["-c".into(), code.into()];
        spec.events_limit = None;
        let observation = self.run(&mut spec)?;
        Ok(Some(super::judge::interpreter(&self.about.modules, observation)))
    }

    /// What the interpreter is like in a run that worked: the same run again, with a question at its end.
    pub(super) fn inside(&self, judged: &Judged) -> Result<Option<Interpreter>, DoctorError> {
        let [libpython] = &judged.run.libpythons[..] else { return Ok(None) };
        if judged.run.prefix.is_none() {
            return Ok(None);
        }
        let host = &self.options.rust_host;
        let scope = judged.run.scope;
        let mut steps =
            Steps::new(self.about, self.trial, host.kind, scope, self.libpython.as_deref());
        let folder = self.root.folder("run")?;
        let to = folder.path().join("interpreter.txt");
        steps.ask(libpython, &to, matches!(self.trial, Trial::Import));
        let (plan, ..) = steps.finish();
        let mut spec = host.spec(&plan, self.environment(&folder, &[]), &folder)?;
        self.run(&mut spec)?;
        let Some(text) = answer(&to) else { return Ok(None) };
        Ok(Some(script::read(&String::from_utf8_lossy(&text), &self.given_places())))
    }

    fn run(&self, spec: &mut RunSpec) -> Result<Observation, DoctorError> {
        spec.timeout = self.options.timeout;
        spec.tools_path.clone_from(&self.tools_path);
        Ok(run::run(spec, self.stop)?)
    }

    fn environment(&self, folder: &Scratch, variables: &[(&str, Option<OsString>)]) -> Environment {
        let mut environment = Environment::new(&self.path, folder.path());
        environment.set("PYTHONDONTWRITEBYTECODE", "1");
        for (name, value) in &self.options.environment {
            environment.set(name, value);
        }
        for (name, value) in variables {
            match value {
                Some(value) => environment.set(name, value),
                None => environment.unset(name),
            };
        }
        environment
    }

    /// The DLL itself, and folders of `PYTHONPATH`: where a module may well come from.
    fn given_places(&self) -> Vec<String> {
        let given = self.options.environment.iter().filter(|(name, _)| name == "PYTHONPATH");
        let folders = given.flat_map(|(_, value)| std::env::split_paths(value).collect::<Vec<_>>());
        let all = folders.chain([self.about.path.clone()]);
        all.map(|place| place.display().to_string()).collect()
    }

    /// The names of the variables that were given for Python.
    pub(super) fn python_variables(&self) -> Vec<&str> {
        let names = self.options.environment.iter().filter_map(|(name, _)| name.to_str());
        names.filter(|name| name.starts_with("PYTHON")).collect()
    }

    /// A search path of ld.so with this folder before those that were given.
    pub(super) fn library_path(&self, folder: &Path) -> OsString {
        let given = self.options.environment.iter().rev();
        let given = given.clone().find(|(name, _)| name == "LD_LIBRARY_PATH");
        let mut path = folder.as_os_str().to_owned();
        if let Some((_, value)) = given.filter(|(_, value)| !value.is_empty()) {
            path.push(":");
            path.push(value);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_some_size_is_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("file"), "prefix /usr\n").unwrap();
        assert_eq!(answer(&path("file")).as_deref(), Some(&b"prefix /usr\n"[..]));
        std::os::unix::fs::symlink("/dev/zero", path("endless")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), rustix::fs::Mode::RWXU).unwrap();
        File::create(path("large")).unwrap().set_len(1 << 40).unwrap();
        for name in ["endless", "pipe", "nothing"] {
            assert_eq!(answer(&path(name)), None, "{name}");
        }
        assert_eq!(answer(&path("large")).map(|text| text.len() as u64), Some(MAX_ANSWER));
    }
}
