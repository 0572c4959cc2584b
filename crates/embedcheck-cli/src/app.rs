//! From the arguments to the exit code.

use std::process::ExitCode;

use clap::Parser;
use embedcheck::run::{end_strays, prepare_process};

use crate::args::{Cli, Command};
use crate::command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::help;
use crate::limits;
use crate::output::{self, Output};
use crate::signals::Signals;

/// Everything behind the hidden host.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are "errors" that go to standard output, with code 0. Who has closed it
        // does not want to read them.
        Err(error) => {
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            return exit.into();
        }
    };
    let Some(command) = cli.command else {
        output::complain(help::SHORT);
        return Exit::Usage.into();
    };
    let output = Output::new(cli.color);
    dispatch(command, &output).into()
}

fn dispatch(command: Command, output: &Output) -> Exit {
    let signals = match Signals::watch() {
        Ok(signals) => signals,
        Err(error) => return fail(&Failure::Signals(error)),
    };
    if let Err(failure) = prepare() {
        return fail(&failure);
    }
    let done = match command {
        Command::Check(args) => command::check::check(*args, output, signals.stop()),
        Command::Bench(args) => command::bench::bench(&args, output, signals.stop()),
        Command::Doctor(args) => command::doctor::doctor(*args, output, signals.stop()),
        Command::List(args) => command::list::list(&args, output),
        Command::Explain(args) => command::explain::explain(&args, output),
        Command::Run(args) => command::run::run(&args, output, signals.stop()),
        Command::Targets(args) => command::targets::targets(&args, output, signals.stop()),
        Command::Schema(args) => command::schema(&args, output),
    };
    // What escaped from every run does not escape from this process.
    end_strays();
    match (done, signals.received()) {
        (Err(failure), Some(number)) if failure.is_interruption() => {
            output::complain(&format!(
                "embedcheck: stopped by signal {number}; everything was cleaned up"
            ));
            Exit::Signal(number)
        }
        (Err(failure), _) => fail(&failure),
        (Ok(exit), _) => exit,
    }
}

fn prepare() -> Result<(), Failure> {
    limits::raise()?;
    Ok(prepare_process()?)
}

fn fail(failure: &Failure) -> Exit {
    output::complain(&format!("embedcheck: {}", output::printable(&failure.to_string())));
    failure.exit()
}
