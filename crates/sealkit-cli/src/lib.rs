//! The `sealkit` command, the only part of sealkit that uses the terminal.
//!
//! [`arguments`] defines the command line, its help, the man pages and the completions. Data goes to standard output,
//! everything else to standard error. The exit code is 0 on success, 1 on failure, 2 for an invalid command line or
//! configuration, and 130 after an interruption.

#[cfg(not(unix))]
compile_error!("the sealkit command supports Unix systems only: it protects its files with their modes");

pub mod arguments;
mod command_line;
mod completion;
mod describe;
mod directories;
mod docker;
mod env_file;
mod error;
mod graph;
mod history;
mod image;
mod inputs_file;
mod isolation;
mod key;
mod listing;
mod manual;
mod new;
mod output_files;
mod page;
mod progress;
mod prompt;
mod remote;
mod results;
mod run;
mod run_secrets;
mod run_signals;
mod secret;
mod secret_lookup;
mod selection;
mod table;
mod terminal;
mod time;
mod timeout;
mod timings;
mod transfer;
mod unrecognized;
mod upload;
mod value;

use std::process::ExitCode;

use clap::{CommandFactory as _, error::ErrorKind};
use rustix::{fs::Mode, process::umask};

use crate::{
    arguments::{
        AbortObject, Arguments, BuildObject, CreateObject, Deferred, DeleteObject, ExportObject, GetObject,
        ImportObject, PauseObject, PushObject, ResumeObject, UpdateObject, Verb, VerifyObject,
    },
    error::CommandError,
    secret::{ClusterSecrets, LocalSecrets},
};

/// Runs the command and returns its exit code.
pub fn main() -> ExitCode {
    completion::respond(Arguments::command);
    let arguments = match Arguments::of_process(std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(error) if error.kind() == ErrorKind::InvalidSubcommand => {
            return report(&unrecognized::error(&error, std::env::args_os().skip(1)));
        }
        Err(error) => {
            // A closed pipe is not an error.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    if !matches!(&arguments.verb, Verb::Run(Deferred(run)) if run.debuggable) {
        sealkit_engine::protect_memory();
    }
    keep_own_permissions();
    // Runs that were killed leave their directories behind.
    sealkit_engine::remove_stale_run_directories();
    match run_verb(arguments.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// Lets the user access the files that this process creates, whatever the umask.
fn keep_own_permissions() {
    let mask = umask(Mode::RWXU | Mode::RWXG | Mode::RWXO);
    umask(mask.difference(Mode::RWXU));
}

/// Prints an error and returns the exit code.
fn report(error: &CommandError) -> ExitCode {
    terminal::error(error.message());
    if let Some(hint) = error.hint() {
        terminal::hint(hint);
    }
    error.exit_code()
}

fn run_verb(verb: Verb) -> Result<(), CommandError> {
    match verb {
        Verb::Create(Deferred(CreateObject::Secret(args))) if args.remote.is_enabled()? => {
            secret::create::<ClusterSecrets>(&args)
        }
        Verb::Create(Deferred(CreateObject::Secret(args))) => secret::create::<LocalSecrets>(&args),
        Verb::Create(Deferred(CreateObject::Config(args))) => remote::create_config::create_config(&args),
        Verb::Get(Deferred(GetObject::Secret(args))) if args.remote.is_enabled()? => {
            secret::get::<ClusterSecrets>(&args)
        }
        Verb::Get(Deferred(GetObject::Secret(args))) => secret::get::<LocalSecrets>(&args),
        Verb::Get(Deferred(GetObject::Run(args))) if args.is_local() => history::get_run::get_run(&args),
        Verb::Get(Deferred(GetObject::Run(args))) => remote::get_run::get_run(&args),
        Verb::Get(Deferred(GetObject::Trigger(args))) => remote::schedules::get(&args),
        Verb::Pause(Deferred(PauseObject::Trigger(args))) => remote::schedules::set_active(&args, false),
        Verb::Resume(Deferred(ResumeObject::Trigger(args))) => remote::schedules::set_active(&args, true),
        Verb::Get(Deferred(GetObject::Config(args))) => remote::get_config::get_config(&args),
        Verb::Update(Deferred(UpdateObject::Secret(args))) if args.remote.is_enabled()? => {
            secret::update::<ClusterSecrets>(&args)
        }
        Verb::Update(Deferred(UpdateObject::Secret(args))) => match args.restore {
            Some(version) => secret::restore(&args, version),
            None => secret::update::<LocalSecrets>(&args),
        },
        Verb::Update(Deferred(UpdateObject::Key(args))) => key::update(&args),
        Verb::Delete(Deferred(DeleteObject::Secret(args))) if args.remote.is_enabled()? => {
            secret::delete::<ClusterSecrets>(&args)
        }
        Verb::Delete(Deferred(DeleteObject::Secret(args))) => secret::delete::<LocalSecrets>(&args),
        Verb::Delete(Deferred(DeleteObject::Cache { task })) => results::delete(task.as_deref()),
        Verb::Push(Deferred(PushObject::Secret(args))) => secret::push(&args),
        Verb::New(Deferred(args)) => new::new(&args),
        Verb::Run(Deferred(args)) if args.is_remote()? => remote::run::run(&args),
        Verb::Run(Deferred(args)) => run::run(&args),
        Verb::Deploy(Deferred(args)) => remote::deploy::deploy(&args),
        Verb::Build(Deferred(BuildObject::Image(args))) => image::build(&args),
        Verb::Describe(Deferred(args)) => describe::describe(&args),
        Verb::Logs(Deferred(args)) if args.is_local() => history::logs::logs(&args),
        Verb::Logs(Deferred(args)) => remote::logs::logs(&args),
        Verb::Abort(Deferred(AbortObject::Run(args))) => remote::abort_run::abort_run(&args),
        Verb::Verify(Deferred(VerifyObject::Store)) => secret::verify(),
        Verb::Export(Deferred(ExportObject::Store(args))) => transfer::export(&args),
        Verb::Import(Deferred(ImportObject::Store(args))) => transfer::import(&args),
        Verb::Completions { shell } => completion::print_script(shell),
        Verb::Man { directory } => manual::write(Arguments::command(), &directory),
    }
}
