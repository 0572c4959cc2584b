//! The hosts that are compiled for a DLL: linked to it, or with its code inside.

use std::path::Path;

use embedcheck::dll::{
    BuildError, BuiltHost, CffiDll, Fixture, HostBuilder, HostLink, LinkOptions, Search, ToolError,
};
use embedcheck::run::{Environment, HostCommand, HostKind, RunSpec, run};
use embedcheck_plan::{Argument, PlanBuilder};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::hosts::{Dll, options};
use crate::pythons::{Lab, Ready, Wanted};
use crate::{Outcome, TestResult, skip_or_fail, trial};

type Test = fn(&Bench<'_>) -> Result<(), Failed>;

pub(crate) fn trials(lab: &'static Lab) -> Vec<Trial> {
    let tests: [(&str, Test); 6] = [
        ("linked_host_runs_plans", linked_host_runs_plans),
        ("linked_host_finds_by_origin", linked_host_finds_by_origin),
        ("linker_needs_a_way_to_libpython", linker_needs_a_way_to_libpython),
        ("as_needed_decides_about_libpython", as_needed_decides_about_libpython),
        ("static_host_has_the_functions", static_host_has_the_functions),
        ("static_host_has_the_variables", static_host_has_the_variables),
    ];
    let mut trials = Vec::new();
    for wanted in [Wanted::Minor(13), Wanted::System] {
        for (name, test) in tests {
            let name = format!("compiled::{name}::{}", wanted.name());
            trials.push(trial(name, move |lab| on_bench(lab, wanted, test), lab));
        }
    }
    trials
}

/// What each of these tests needs.
struct Bench<'a> {
    lab: &'a Lab,
    ready: &'a Ready,
    builder: HostBuilder<'a>,
}

fn on_bench(lab: &Lab, wanted: Wanted, test: Test) -> TestResult {
    let ready = match lab.ready(wanted) {
        Ok(ready) => ready,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    // What the machine lacks shows here; afterwards every error is a failure.
    let built = lab.producer(&ready).and_then(|producer| producer.object(fixture("perf")));
    if let Err(error) = built {
        return skip_or_fail(error);
    }
    let builder = HostBuilder::new(lab.compiler().map_err(text)?, &lab.cache);
    test(&Bench { lab, ready: &ready, builder }).map(|()| Outcome::Done)
}

fn fixture(name: &str) -> &'static Fixture {
    Fixture::named(name).expect("the fixture is there")
}

fn text(error: BuildError) -> Failed {
    error.to_string().into()
}

impl Bench<'_> {
    fn dll(&self, name: &str, options: &LinkOptions, out: &Path) -> Result<CffiDll, Failed> {
        let producer = self.lab.producer(self.ready).map_err(text)?;
        producer.build(fixture(name), options, out).map_err(text)
    }

    fn host(&self, link: &HostLink, out: &Path) -> Result<BuiltHost, Failed> {
        self.builder.build(link, out).map_err(text)
    }

    fn inside(&self, name: &str) -> Result<HostLink, Failed> {
        let producer = self.lab.producer(self.ready).map_err(text)?;
        let object = producer.object(fixture(name)).map_err(text)?;
        Ok(HostLink::with_inside(fixture(name), &object, &self.ready.python.libpython))
    }

    /// Runs the plan; the last step has to give this value.
    fn gives(
        &self,
        kind: HostKind,
        host: &BuiltHost,
        plan: PlanBuilder,
        expected: &Value,
    ) -> Result<(), Failed> {
        let dir = self.lab.folder();
        let plan = plan.finish();
        let file = dir.join("plan.txt");
        std::fs::write(&file, plan.to_string())?;
        let bin = self.ready.python.executable.parent().unwrap_or(Path::new("/"));
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let mut environment = Environment::new(path, &dir);
        environment.set("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(site) = &self.ready.install.site_dir {
            environment.set("PYTHONPATH", site);
        }
        let mut spec = RunSpec::new(&host.path, environment, &dir);
        spec.args = HostCommand::new(kind, &host.path).args_for(&file);
        spec.plan = plan.to_string();
        let observation = run(&spec, &self.lab.surroundings.stop)?;
        let value = observation.ends().last().map(|end| end.value.clone());
        if observation.ended_normally() && value.as_ref() == Some(expected) {
            return Ok(());
        }
        Err(format!("expected {expected}:\n{}\n{observation:#?}", host.command).into())
    }
}

/// `add1(40, 2)`, found in the program itself.
fn call_add1() -> PlanBuilder {
    let mut plan = PlanBuilder::new();
    plan.open_program("dll");
    plan.call("dll", "add1", "i(ii)", &[Argument::Integer(40), Argument::Integer(2)]);
    plan
}

fn linked_host_runs_plans(bench: &Bench<'_>) -> Result<(), Failed> {
    let dir = bench.lab.folder();
    let dll = dir.join("libperf.so");
    bench.dll("perf", &options(bench.ready, None), &dll)?;
    let host = bench.host(&HostLink::to_dll(&dll).with_rpath(&dir), &dir.join("host"))?;
    let elf = Dll::read(&host.path);
    assert_eq!(elf.runpath.as_deref(), dir.to_str());
    assert!(elf.needed.contains(&"libperf.so".to_owned()), "{:?}", elf.needed);
    bench.gives(HostKind::CLinked, &host, call_add1(), &json!(42))
}

/// The bundle is moved after it was built; a name that is no `libX.so`, old-style tag.
fn linked_host_finds_by_origin(bench: &Bench<'_>) -> Result<(), Failed> {
    let dir = bench.lab.folder().join("bundle");
    std::fs::create_dir_all(dir.join("lib"))?;
    let dll = dir.join("lib/plugin-1.5.so");
    bench.dll("perf", &options(bench.ready, None), &dll)?;
    let link = HostLink::to_dll(&dll)
        .as_needed(true)
        .using(fixture("perf"))
        .with_search(Search::RPath("$ORIGIN/lib".into()));
    let mut host = bench.host(&link, &dir.join("host"))?;
    assert_eq!(Dll::read(&host.path).rpath.as_deref(), Some("$ORIGIN/lib"));
    let moved = bench.lab.folder().join("moved");
    std::fs::rename(&dir, &moved)?;
    host.path = moved.join("host");
    bench.gives(HostKind::CLinked, &host, call_add1(), &json!(42))
}

/// The message that the linker then has is evidence for a diagnosis.
fn linker_needs_a_way_to_libpython(bench: &Bench<'_>) -> Result<(), Failed> {
    let dir = bench.lab.folder();
    let dll = dir.join("libperf.so");
    let bare = LinkOptions { search: Search::None, ..options(bench.ready, None) };
    bench.dll("perf", &bare, &dll)?;
    let libpython = &bench.ready.python.libpython;
    let libdir = libpython.parent().unwrap_or(Path::new("/"));
    let link = HostLink::to_dll(&dll);
    if !libdir.starts_with("/usr/lib") {
        let error = bench.builder.build(&link, &dir.join("host")).unwrap_err();
        let BuildError::Tool(ToolError::Failed { command, stderr, .. }) = error else {
            return Err(error.to_string().into());
        };
        let soname = libpython.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("{soname}, needed by ");
        assert!(stderr.contains(&message), "{stderr}");
        assert!(stderr.contains("not found (try using -rpath or -rpath-link)"), "{stderr}");
        assert!(command.contains("-lperf"), "{command}");
    }
    let host = bench.host(&link.with_rpath_link(libdir), &dir.join("host"))?;
    assert_eq!(Dll::read(&host.path).runpath, None, "the option is for the linker only");
    Ok(())
}

fn as_needed_decides_about_libpython(bench: &Bench<'_>) -> Result<(), Failed> {
    let dir = bench.lab.folder();
    let libpython = &bench.ready.python.libpython;
    let names_it = |as_needed: bool| -> Result<bool, Failed> {
        let link = HostLink::to_libpython(libpython, as_needed);
        let host = bench.host(&link, &dir.join("host"))?;
        Ok(Dll::read(&host.path).needed.iter().any(|needed| needed.starts_with("libpython")))
    };
    assert!(names_it(false)?);
    assert!(!names_it(true)?);
    Ok(())
}

fn static_host_has_the_functions(bench: &Bench<'_>) -> Result<(), Failed> {
    let host = bench.host(&bench.inside("perf")?, &bench.lab.folder().join("host"))?;
    bench.gives(HostKind::CStatic, &host, call_add1(), &json!(42))
}

/// The host puts a function of its own into the variable; the DLL calls it while it initialises.
fn static_host_has_the_variables(bench: &Bench<'_>) -> Result<(), Failed> {
    let host = bench.host(&bench.inside("add_recursive")?, &bench.lab.folder().join("host"))?;
    let mut plan = PlanBuilder::new();
    plan.open_program("dll");
    plan.hook("dll", "my_callback", "add_rec", 9);
    plan.call("dll", "add_rec", "i(ii)", &[Argument::Integer(40), Argument::Integer(2)]);
    bench.gives(HostKind::CStatic, &host, plan, &json!(42))
}
