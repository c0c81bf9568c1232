//! Arguments that are defined only when their command is used: defining all of them would take most of the time of a short command.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand, builder::Resettable};

/// The arguments or the subcommands `T` of a command, defined on demand.
#[derive(Debug)]
pub struct Deferred<T>(pub T);

/// Defines the arguments and keeps the texts of the command, which those of `T` would replace.
fn define(command: Command, augment: fn(Command) -> Command) -> Command {
    let about = command.get_about().cloned();
    let long_about = command.get_long_about().cloned();
    let after_help = command.get_after_help().cloned();
    let after_long_help = command.get_after_long_help().cloned();
    augment(command)
        .about(Resettable::from(about))
        .long_about(Resettable::from(long_about))
        .after_help(Resettable::from(after_help))
        .after_long_help(Resettable::from(after_long_help))
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| define(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| define(command, T::augment_args_for_update))
    }
}

impl<T: Subcommand> Subcommand for Deferred<T> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|command| define(command, T::augment_subcommands))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(|command| define(command, T::augment_subcommands_for_update))
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
