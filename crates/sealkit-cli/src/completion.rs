//! Shell completion: the script of a shell asks this program, which reads the store.

use std::collections::BTreeSet;

use clap::Command;
use clap_complete::{
    CompletionCandidate,
    env::{Bash, CompleteEnv, EnvCompleter, Fish, Zsh},
};
use sealkit_names::variables::COMPLETE;
use sealkit_store::{Entry, Store, StorePaths};

use crate::{arguments::Shell, error::CommandError, history, terminal};

/// Prints completions and exits if the script of a shell started this process; otherwise does nothing.
pub(crate) fn respond(command: impl Fn() -> Command) {
    CompleteEnv::with_factory(command).var(COMPLETE).complete();
}

/// Prints the completion script of a shell.
pub(crate) fn print_script(shell: Shell) -> Result<(), CommandError> {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    shell
        .write_registration(COMPLETE, "sealkit", "sealkit", "sealkit", &mut script)
        .map_err(|error| CommandError::failure(format!("cannot generate the script: {error}")))?;
    terminal::print(&String::from_utf8_lossy(&script))
}

/// Returns the names of all secrets.
pub(crate) fn names() -> Vec<CompletionCandidate> {
    candidates(|entry| Some(entry.id.key().to_owned()))
}

/// Returns the groups of all secrets.
pub(crate) fn groups() -> Vec<CompletionCandidate> {
    candidates(|entry| entry.id.group().map(str::to_owned))
}

/// Returns the domains of all secrets.
pub(crate) fn domains() -> Vec<CompletionCandidate> {
    candidates(|entry| entry.id.scope().domain().map(str::to_owned))
}

/// Returns the projects of all secrets.
pub(crate) fn projects() -> Vec<CompletionCandidate> {
    candidates(|entry| entry.id.scope().project().map(str::to_owned))
}

/// Returns the names of the runs on this machine, the newest first.
pub(crate) fn local_runs() -> Vec<CompletionCandidate> {
    history::names().into_iter().map(CompletionCandidate::new).collect()
}

/// Returns what `extract` finds, sorted and without duplicates. Errors are ignored: they would appear in the middle of
/// the command line that the user is typing.
fn candidates(extract: impl Fn(&Entry) -> Option<String>) -> Vec<CompletionCandidate> {
    let store = StorePaths::for_user().and_then(|paths| Store::open(&paths));
    let entries = store.ok().flatten().and_then(|store| store.list(None).ok()).unwrap_or_default();
    let words: BTreeSet<String> = entries.iter().filter_map(extract).collect();
    words.into_iter().map(CompletionCandidate::new).collect()
}
