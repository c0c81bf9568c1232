//! The `sealkit` command: the only part of sealkit that talks to people.
//!
//! [`arguments`] says what can be typed, and the help, the man pages and the completions come from there. Data goes to
//! standard output and everything else to standard error. The exit code is 0 if all went well, 1 if it did not, 2 if the
//! command line is wrong, and 130 if it was interrupted.

#[cfg(not(unix))]
compile_error!("the sealkit command needs a Unix system: it keeps its files private by their modes");

pub mod arguments;
mod completion;
#[cfg(target_os = "linux")]
mod describe;
mod docker;
mod fault;
mod key;
mod listing;
mod manual;
#[cfg(target_os = "linux")]
mod progress;
mod prompt;
mod remote;
#[cfg(target_os = "linux")]
mod run;
mod secret;
mod table;
mod terminal;
mod value;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::{
    arguments::{Arguments, CreateObject, DeleteObject, GetObject, UpdateObject, Verb, VerifyObject},
    fault::Fault,
};

/// Does what the command line says.
pub fn main() -> ExitCode {
    completion::answer(Arguments::command);
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no failure of ours.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    // What runs that were killed have left behind.
    #[cfg(target_os = "linux")]
    sealkit_engine::remove_stale_run_directories();
    match perform(arguments.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}

fn perform(verb: Verb) -> Result<(), Fault> {
    match verb {
        Verb::Create(CreateObject::Secret(what)) if what.remote.is_meant()? => remote::secret::create(&what),
        Verb::Create(CreateObject::Secret(what)) => secret::create(&what),
        Verb::Get(GetObject::Secret(what)) if what.remote.is_meant()? => remote::secret::get(&what),
        Verb::Get(GetObject::Secret(what)) => secret::get(&what),
        Verb::Update(UpdateObject::Secret(what)) if what.remote.is_meant()? => remote::secret::update(&what),
        Verb::Update(UpdateObject::Secret(what)) => secret::update(&what),
        Verb::Update(UpdateObject::Key(what)) => key::update(&what),
        Verb::Delete(DeleteObject::Secret(what)) if what.remote.is_meant()? => remote::secret::delete(&what),
        Verb::Delete(DeleteObject::Secret(what)) => secret::delete(&what),
        #[cfg(target_os = "linux")]
        Verb::Run(what) if what.remote.is_meant()? => remote::run::run(&what),
        #[cfg(target_os = "linux")]
        Verb::Run(what) => run::run(&what),
        #[cfg(target_os = "linux")]
        Verb::Deploy(what) => remote::deploy::deploy(&what),
        #[cfg(target_os = "linux")]
        Verb::Describe(what) => describe::describe(&what),
        Verb::Verify(VerifyObject::Store) => secret::verify(),
        Verb::Completions { shell } => completion::script(shell),
        Verb::Man { directory } => manual::write(Arguments::command(), &directory),
    }
}
