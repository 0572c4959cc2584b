//! `embedcheck run`: one plan by hand.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use embedcheck::env::Caller;
use embedcheck::report::observation_to_text;
use embedcheck::run::{Environment, HostCommand, Observation, ScratchRoot, Stop};
use embedcheck_plan::Plan;

use crate::args::{Format, Host, RunArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::host;
use crate::output::Output;

/// PATH of the host unless `--env PATH=…` says otherwise: that of whoever runs this would change what
/// an embedded CPython takes for its prefix.
const PATH: &str = "/usr/bin:/bin";
/// Time limit unless `--timeout` says otherwise; the help names it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a plan text. The format allows more, but nobody writes that, and `/dev/zero` has no end.
const MOST_BYTES: u64 = 64 << 20;

/// Runs the plan and prints the observation.
pub(crate) fn run(args: &RunArgs, output: &Output, stop: &Stop) -> Result<Exit, Failure> {
    let text = read(&args.plan)?;
    let plan =
        Plan::parse(&text).map_err(|error| Failure::BadPlan { path: shown(&args.plan), error })?;
    let caller = Caller::from_process();
    let observation = observe(args, &plan, &text, &caller, stop)?;
    let printed = match args.format {
        Format::Text => observation_to_text(&observation, &output.text_options(true)),
        Format::Json => serde_json::to_string_pretty(&observation)? + "\n",
    };
    output.print(&printed)?;
    Ok(if observation.ended_normally() { Exit::Success } else { Exit::Failed })
}

fn observe(
    args: &RunArgs,
    plan: &Plan,
    text: &[u8],
    caller: &Caller,
    stop: &Stop,
) -> Result<Observation, Failure> {
    let scratch = ScratchRoot::temporary(caller.temporary_folder()).folder("run")?;
    let host = match args.host {
        Host::C => HostCommand::c(&scratch)?,
        Host::Rust => host::command()?,
    };
    let mut environment = Environment::new(PATH, scratch.path());
    for (name, value) in &args.env {
        environment.set(name, value);
    }
    let mut spec = host.spec(plan, environment, &scratch)?;
    // The host gets the file as it was written, so that its line numbers are those of the user.
    let file = scratch.write("given", ".txt", text)?;
    spec.args = host.args_for(&file);
    spec.plan = String::from_utf8_lossy(text).into_owned();
    spec.timeout = args.timeout.unwrap_or(TIMEOUT);
    spec.tools_path.clone_from(&caller.path);
    Ok(embedcheck::run::run(&spec, stop)?)
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn shown(path: &Path) -> PathBuf {
    if is_stdin(path) { "<stdin>".into() } else { path.to_owned() }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |reason: String| Failure::UnreadablePlan { path: shown(path), reason };
    let bytes = if is_stdin(path) {
        bounded(io::stdin().lock())
    } else {
        File::open(path).and_then(bounded)
    };
    let bytes = bytes.map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(failed(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(bytes)
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
