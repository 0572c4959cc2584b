//! Who races with whom.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use embedcheck_plan::{Flags, PythonAction};

use super::WARM_UP;
use super::tally::{Pair, Tally};
use crate::check::{Case, Lab, LabError, Plugin};
use crate::report::Producer;
use crate::run::{HostCommand, Scratch};

/// How long the sleeping `sitecustomize` sleeps, in seconds: longer than an initialisation takes
/// (10 to 20 ms), short enough for a package build.
const SLOW_SITE: &str = "import time\ntime.sleep(0.15)\n";

/// After this time a race that cannot be promised counts as hanging.
const HANG: Duration = Duration::from_secs(5);

/// What the host does about Python itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Nothing.
    Never,
    /// One warm-up call into the first DLL, before the threads.
    WarmUp,
    /// Initialises Python and releases the GIL, before the threads.
    Before,
    /// Initialises Python and keeps the GIL.
    HoldingGil,
    /// Initialises Python in one of the racing threads.
    Racing,
}

/// The DLLs of a race, laid out, and how they are called.
#[derive(Debug)]
pub(super) struct Arrangement {
    folder: Scratch,
    plugins: Vec<Plugin>,
    threads: u32,
    slow_site: Option<PathBuf>,
    start: Start,
}

impl Arrangement {
    /// One DLL of each of these producers, each called by one thread.
    pub(super) fn new(lab: &Lab<'_>, producers: &[Producer]) -> Result<Self, LabError> {
        let folder = lab.folder("race")?;
        let mut plugins = Vec::new();
        for (index, producer) in producers.iter().enumerate() {
            let path = folder.path().join(format!("plugin{index}.so"));
            plugins.push(match (producer, index) {
                (Producer::Probe, _) => lab.plugin(*producer, &path, &lab.absolute())?,
                // Two modules of one name would be another matter (share/same-name-…).
                (_, 1) if producers[0] != Producer::Probe => {
                    lab.fixture(*producer, "add2", &path, &lab.absolute())?
                }
                // Its init code waits a little, so that other threads come in meanwhile.
                _ => lab.fixture(*producer, "add1", &path, &lab.absolute())?,
            });
        }
        Ok(Self { folder, plugins, threads: 1, slow_site: None, start: Start::Never })
    }

    /// Each DLL is called by that many threads.
    pub(super) fn threads(mut self, threads: u32) -> Self {
        self.threads = threads;
        self
    }

    /// What the host does.
    pub(super) fn host(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// With a `sitecustomize` that sleeps.
    pub(super) fn slow_site(mut self) -> Result<Self, LabError> {
        let site = self.folder.path().join("site");
        let made = fs::create_dir(&site)
            .and_then(|()| fs::write(site.join("sitecustomize.py"), SLOW_SITE));
        made.map_err(LabError::internal("write sitecustomize.py"))?;
        self.slow_site = Some(site);
        Ok(self)
    }

    /// The case: libpython in the global scope, so that only the race is judged, unless finding it is
    /// the business of the DLLs.
    pub(super) fn case(
        &self,
        lab: &Lab<'_>,
        label: &str,
        host: &HostCommand,
    ) -> Result<Case, LabError> {
        let mut case = lab.case(label, host, self.folder.path());
        if !self.finds_libpython() {
            let flags = Flags::NOW | Flags::GLOBAL;
            let step = case.plan.open("libpython", &lab.libpython.real_path, flags);
            case.expect.done(step);
        }
        let handles: Vec<_> = (0..self.plugins.len()).map(|index| format!("dll{index}")).collect();
        for (plugin, handle) in self.plugins.iter().zip(&handles) {
            plugin.open(&mut case, handle, Flags::NOW | Flags::LOCAL);
        }
        if let Some(site) = &self.slow_site {
            case.prepend_python_path(site);
        }
        match self.start {
            Start::Never | Start::Racing => {}
            Start::WarmUp => {
                self.plugins[0].call(&mut case, &handles[0]);
            }
            Start::Before => {
                initialise(&mut case.plan);
                case.plan.python("libpython", PythonAction::SaveThread);
            }
            Start::HoldingGil => initialise(&mut case.plan),
        }
        let mut calls = Vec::new();
        case.plan.threads(|threads| {
            if self.start == Start::Racing {
                threads.group(1, |plan| {
                    initialise(plan);
                    plan.python("libpython", PythonAction::SaveThread);
                });
            }
            for (plugin, handle) in self.plugins.iter().zip(&handles) {
                threads.group(self.threads, |plan| calls.push(plugin.call_in(plan, handle)));
            }
        });
        for call in calls {
            let count = usize::try_from(self.threads).unwrap_or(usize::MAX);
            case.expect.values(call, count, crate::check::plugin::SENTINEL);
        }
        Ok(case)
    }

    /// Whether the DLLs find libpython by themselves, which then is part of the race, and no step of
    /// the host needs it.
    fn finds_libpython(&self) -> bool {
        matches!(self.start, Start::Never | Start::WarmUp)
            && self.plugins.iter().all(|plugin| plugin.producer == Producer::Rust)
    }

    /// The histogram of this arrangement.
    pub(super) fn measure(
        &self,
        lab: &Lab<'_>,
        label: &str,
        iterations: u32,
    ) -> Result<Tally, LabError> {
        Tally::of(lab, label, iterations, |host| self.case(lab, label, host))
    }

    /// Its histogram, and that of the remedy: one start of Python before the race.
    pub(super) fn measure_with_remedy(
        mut self,
        lab: &Lab<'_>,
        label: &str,
        iterations: u32,
    ) -> Result<Pair, LabError> {
        // Some of these processes hang, and the full time limit for each would make the check last for
        // minutes. A start of Python takes 20 ms; nothing is promised here, so being slow is no worse.
        let limit = HANG.min(lab.options().timeout);
        let race = Tally::of(lab, label, iterations, |host| {
            let mut case = self.case(lab, label, host)?;
            case.timeout = Some(limit);
            Ok(case)
        })?;
        let (start, what) = match self.start {
            Start::Racing => (Start::Before, "host first"),
            _ => (Start::WarmUp, "warm-up"),
        };
        self.start = start;
        let remedy = self.measure(lab, &format!("{label}, {what}"), iterations)?;
        Ok(Pair { race, remedy, words: WARM_UP })
    }
}

fn initialise(plan: &mut embedcheck_plan::PlanBuilder) {
    plan.python("libpython", PythonAction::Initialize(0));
}
