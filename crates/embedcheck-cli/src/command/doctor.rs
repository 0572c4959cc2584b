//! `embedcheck doctor`.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use embedcheck::doctor::dll::DllOptions;
use embedcheck::doctor::module::{ModuleOptions, Runtime};
use embedcheck::doctor::{self, Diagnosis, DoctorError, to_json, to_text};
use embedcheck::env::Caller;
use embedcheck::report::{ReportFile, TextOptions};
use embedcheck::run::Stop;
use embedcheck::target::{Target, default_target};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::targets::{named, options as search};
use crate::args::{DoctorArgs, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::host;
use crate::output::Output;

/// Time limit of one child process: as for the checks.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How often a wait for a log looks whether it is to stop.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

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
        return log(path, stop);
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

/// What a log says.
fn log(path: &Path, stop: &Stop) -> Result<Diagnosis, Failure> {
    let unreadable = |source| Failure::UnreadableLog { path: path.to_owned(), source };
    let explained = if path == Path::new("-") {
        // Not `Stdin`, which may have read ahead what a poll does not see.
        let source = io::stdin().as_fd().try_clone_to_owned().map_err(unreadable)?;
        doctor::explain("standard input", Patient { source: File::from(source), stop })
    } else {
        // Opening a named pipe would wait for a writer where no request to stop is heard; `Patient` hears it.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path);
        let file = file.map_err(unreadable)?;
        doctor::explain(&path.display().to_string(), Patient { source: file, stop })
    };
    // What Ctrl-C has cut short says nothing about the log.
    if stop.is_requested() {
        return Err(DoctorError::Interrupted.into());
    }
    explained.map_err(unreadable)
}

/// Reads from a terminal or a pipe, as long as nobody asks to stop.
struct Patient<'a, S> {
    source: S,
    stop: &'a Stop,
}

impl<S: Read + AsFd> Read for Patient<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.stop.is_requested() {
            let mut ready = [PollFd::new(&self.source, PollFlags::IN)];
            match poll(&mut ready, Some(&PATIENCE)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => match self.source.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read,
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }
}
