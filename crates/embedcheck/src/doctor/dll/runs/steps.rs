//! The plan of one run, and what each of its steps is.

use std::path::Path;

use embedcheck_plan::{Fact, Flags, Library, Line, Op, Plan, PlanBuilder, PythonAction, Space};

use super::About;
use super::facts::Scope;
use super::script;
use crate::doctor::dll::call::Call;
use crate::run::HostKind;

/// What is tried after the DLL was opened.
#[derive(Clone, Debug)]
pub(super) enum Trial {
    /// Calls that were asked for.
    Calls(Vec<Call>),
    /// The function that starts Python: 0 is good.
    Start(String),
    /// The import of its modules, in a Python that the host starts.
    Import,
    /// Nothing but looking up what it exports.
    Load,
}

impl Trial {
    /// In words.
    pub(super) fn words(&self, about: &About) -> String {
        let import = || format!("import of {}", about.modules.join(", "));
        match self {
            Self::Calls(calls) => {
                calls.iter().map(|call| &*call.text).collect::<Vec<_>>().join("; ")
            }
            Self::Start(start) => format!("{start}()"),
            Self::Import if about.extension => import(),
            Self::Import => format!("look-up of what it exports, and {}", import()),
            Self::Load => "look-up of what it exports; nothing is called without --call".to_owned(),
        }
    }
}

/// What a step of a plan is for.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// `dlopen` of this file.
    Open(String),
    /// `dlsym` of this name.
    Resolve(String),
    /// A call: which of those that were asked for, and whether in the words of `call`.
    Call { number: usize, simple: bool },
    /// The function that starts Python.
    Start(String),
    /// `Py_InitializeEx`.
    Initialize,
    /// Import of this module.
    Import(String),
    /// A question of the doctor's own, whose failure means nothing.
    Question,
}

/// A plan, with what its steps are.
#[derive(Debug)]
pub(super) struct Steps {
    builder: PlanBuilder,
    pub(super) kinds: Vec<(Line, Kind)>,
    /// Calls that this host cannot make, and why.
    pub(super) not_called: Vec<String>,
}

/// Most functions that are looked up; a DLL may export thousands.
const MOST_LOOKED_UP: usize = 200;

impl Steps {
    /// Everything for one run; `libpython` is the one to preload or to start.
    pub(super) fn new(
        about: &About,
        trial: &Trial,
        host: HostKind,
        scope: Scope,
        libpython: Option<&Path>,
    ) -> Self {
        let builder = PlanBuilder::new();
        let mut steps = Self { builder, kinds: Vec::new(), not_called: Vec::new() };
        let flags = match scope {
            Scope::Global => Flags::NOW | Flags::GLOBAL,
            _ => Flags::NOW | Flags::LOCAL,
        };
        let is_imported = about.extension && matches!(trial, Trial::Import);
        if is_imported && scope != Scope::Preloaded {
            if let Some(libpython) = libpython {
                steps.open("python", libpython, flags);
                steps.import(about, "python");
            }
        } else {
            if let (Scope::Preloaded, Some(libpython)) = (scope, libpython) {
                steps.open("python", libpython, Flags::NOW | Flags::GLOBAL);
            }
            steps.open("dll", &about.path, flags);
            steps.tried(about, trial, host);
        }
        let facts = steps.builder.facts(&[Fact::Images, Fact::Symbols, Fact::Python, Fact::Prefix]);
        steps.kinds.push((facts, Kind::Question));
        steps
    }

    fn tried(&mut self, about: &About, trial: &Trial, host: HostKind) {
        match trial {
            Trial::Calls(calls) => {
                for (number, call) in calls.iter().enumerate() {
                    self.call(number, call, host);
                }
            }
            Trial::Start(start) => {
                let step = self.builder.call("dll", start, "i()", &[]);
                self.kinds.push((step, Kind::Start(start.clone())));
            }
            Trial::Import | Trial::Load => {
                for export in about.exports.iter().take(MOST_LOOKED_UP) {
                    let step = self.builder.resolve("dll", export);
                    self.kinds.push((step, Kind::Resolve(export.clone())));
                }
                if matches!(trial, Trial::Import) && !about.extension {
                    self.import(about, "dll");
                }
            }
        }
    }

    fn open(&mut self, handle: &str, path: &Path, flags: Flags) {
        let step = self.builder.open(handle, path, flags);
        self.kinds.push((step, Kind::Open(path.display().to_string())));
    }

    fn import(&mut self, about: &About, python: &str) {
        let step = self.builder.python(python, PythonAction::Initialize(0));
        self.kinds.push((step, Kind::Initialize));
        for module in &about.modules {
            let code = script::load(module, &about.path);
            let step = self.builder.python(python, PythonAction::Run(code.as_str().into()));
            self.kinds.push((step, Kind::Import(module.clone())));
        }
    }

    fn call(&mut self, number: usize, call: &Call, host: HostKind) {
        let simple = host != HostKind::Rust;
        let step = if simple {
            call.add_simple(&mut self.builder, "dll")
        } else {
            Some(call.add(&mut self.builder, "dll"))
        };
        match (step, call.beyond_c()) {
            (Some(step), _) => self.kinds.push((step, Kind::Call { number, simple })),
            (None, why) => {
                let why = why.unwrap_or("this host cannot make it");
                self.not_called.push(format!("{}: {why}", call.text));
            }
        }
    }

    /// Asks the interpreter what it is like, if one is known to be there: that of this libpython. It is
    /// started if `held` says that the host itself started it and holds the GIL.
    pub(super) fn ask(&mut self, libpython: &str, to: &Path, held: bool) {
        let mut ask = Vec::new();
        let library = Library::Path(libpython.into());
        ask.push(self.builder.open_in("asked", library, Flags::LAZY | Flags::NOLOAD, Space::Base));
        if !held {
            ask.push(self.builder.python("asked", PythonAction::Ensure));
        }
        let code = script::report(to);
        ask.push(self.builder.python("asked", PythonAction::Run(code.as_str().into())));
        if !held {
            ask.push(self.builder.python("asked", PythonAction::Release));
        }
        self.kinds.extend(ask.into_iter().map(|step| (step, Kind::Question)));
    }

    /// The plan, and what its steps are.
    pub(super) fn finish(self) -> (Plan, Vec<(Line, Kind)>, Vec<String>) {
        let plan = self.builder.finish();
        debug_assert!(plan.steps.iter().all(|step| !matches!(step.op, Op::Exit { .. })));
        (plan, self.kinds, self.not_called)
    }
}
