//! `embedcheck doctor`.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use embedcheck::doctor::dll::DllOptions;
use embedcheck::doctor::module::{ModuleOptions, Runtime};
use embedcheck::doctor::{self, Diagnosis, to_json, to_text};
use embedcheck::env::Caller;
use embedcheck::report::{ReportFile, TextOptions};
use embedcheck::run::Stop;
use embedcheck::target::{Target, default_target};

use super::targets::{named, options as search};
use crate::args::{DoctorArgs, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::host;
use crate::output::Output;

/// Time limit of one child process: as for the checks.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Examines what was named and writes the diagnosis.
pub(crate) fn doctor(args: DoctorArgs, output: &Output, stop: &Stop) -> Result<Exit, Failure> {
    // What cannot be written should be known before the work is done.
    let file = args.output.as_ref().map(ReportFile::create).transpose()?;
    let diagnosis = diagnose(&args, stop)?;
    let render = |format, options: &TextOptions| -> Result<String, Failure> {
        Ok(match format {
            Format::Text => to_text(&diagnosis, options),
            Format::Json => to_json(&diagnosis)?,
        })
    };
    let shown = match file {
        None => args.format,
        Some(file) => {
            let plain = TextOptions { verbose: args.verbose, ..TextOptions::default() };
            file.commit(&render(args.format, &plain)?)?;
            Format::Text
        }
    };
    output.print(&render(shown, &output.text_options(args.verbose))?)?;
    Ok(if diagnosis.is_healthy() { Exit::Success } else { Exit::Failed })
}

fn diagnose(args: &DoctorArgs, stop: &Stop) -> Result<Diagnosis, Failure> {
    let caller = Caller::from_process();
    let timeout = args.timeout.unwrap_or(TIMEOUT);
    if let Some(path) = &args.explain_log {
        let (name, text) = log(path)?;
        return Ok(doctor::explain(&name, &text));
    }
    if let Some(name) = &args.module {
        let options = ModuleOptions {
            name: name.clone(),
            runtime: runtime(args, &caller, stop)?,
            paths: args.path.clone(),
            layers: args.lambda,
            environment: args.env.clone(),
            imports: args.import.clone(),
            timeout,
            rust_host: host::command()?,
        };
        return Ok(doctor::module(&caller, &options, stop)?);
    }
    let options = DllOptions {
        // Clap makes sure that one of the three is given.
        dll: args.dll.clone().unwrap_or_default(),
        host: args.host.clone(),
        environment: args.env.clone(),
        calls: args.call.calls.clone(),
        timeout,
        rust_host: host::command()?,
    };
    Ok(doctor::dll(&target(args, &caller, stop)?, &caller, &options, stop)?)
}

fn target(args: &DoctorArgs, caller: &Caller, stop: &Stop) -> Result<Target, Failure> {
    Ok(match named(&args.target, caller, stop)? {
        Some(target) => target,
        None => default_target(caller, &search(stop))?,
    })
}

fn runtime(args: &DoctorArgs, caller: &Caller, stop: &Stop) -> Result<Runtime, Failure> {
    let Some(version) = args.runtime else {
        return Ok(Runtime::Installed(Box::new(target(args, caller, stop)?)));
    };
    let here = || rustix::system::uname().machine().to_string_lossy().into_owned();
    let architecture = args.architecture.map_or_else(here, |named| named.name().to_owned());
    Ok(Runtime::Described { version, architecture })
}

/// Name and contents of the log.
fn log(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let (name, read) = if path == Path::new("-") {
        let mut text = Vec::new();
        ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut text).map(|_| text))
    } else {
        (path.display().to_string(), fs::read(path))
    };
    let text = read.map_err(|source| Failure::UnreadableLog { path: path.to_owned(), source })?;
    Ok((name, text))
}
