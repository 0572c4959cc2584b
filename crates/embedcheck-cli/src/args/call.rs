//! `--call`: several values each time, and several times. Clap's derive has no type for that.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// The calls in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallArgs {
    /// A declaration in C, then the arguments.
    pub(crate) calls: Vec<Vec<String>>,
}

impl FromArgMatches for CallArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let occurrences = matches.get_occurrences::<String>("call").into_iter().flatten();
        Ok(Self { calls: occurrences.map(|values| values.cloned().collect()).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for CallArgs {
    fn augment_args(command: Command) -> Command {
        command.arg(
            Arg::new("call")
                .long("call")
                .value_names(["DECLARATION", "ARG"])
                .num_args(1..)
                .action(ArgAction::Append)
                .requires("dll")
                .allow_negative_numbers(true)
                .help(
                    "With DLL: call this function, given as a C declaration and its arguments, which \
                     are numbers, text for char *, NULL, and {1, 2} for structures and arrays; can be \
                     given several times, after the DLL",
                ),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
