//! Completion in shells: the script asks this program, which looks into the store.

use std::collections::BTreeSet;

use clap::Command;
use clap_complete::{
    CompletionCandidate,
    env::{Bash, CompleteEnv, EnvCompleter, Fish, Zsh},
};
use sealkit_store::{Entry, Store, StorePaths};

use crate::{arguments::Shell, fault::Fault, terminal};

/// Set by the script when it asks.
const VARIABLE: &str = "SEALKIT_COMPLETE";

/// Answers a shell that wants to complete something, and then ends the process; else does nothing.
pub(crate) fn answer(command: impl Fn() -> Command) {
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}

/// Prints the script for a shell.
pub(crate) fn script(shell: Shell) -> Result<(), Fault> {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "sealkit", "sealkit", "sealkit", &mut script)
        .map_err(|error| Fault::failure(format!("the script cannot be written: {error}")))?;
    terminal::data(&String::from_utf8_lossy(&script))
}

/// The names of all secrets.
pub(crate) fn names() -> Vec<CompletionCandidate> {
    candidates(|entry| Some(entry.id.key().to_owned()))
}

/// The groups of all secrets.
pub(crate) fn groups() -> Vec<CompletionCandidate> {
    candidates(|entry| entry.id.group().map(str::to_owned))
}

/// The domains that have secrets.
pub(crate) fn domains() -> Vec<CompletionCandidate> {
    candidates(|entry| entry.id.scope().domain().map(str::to_owned))
}

/// The projects that have secrets.
pub(crate) fn projects() -> Vec<CompletionCandidate> {
    candidates(|entry| entry.id.scope().project().map(str::to_owned))
}

/// Each once; none if the store cannot be read, because nobody wants to see errors while typing.
fn candidates(what: impl Fn(&Entry) -> Option<String>) -> Vec<CompletionCandidate> {
    let store = StorePaths::for_user().and_then(|place| Store::open(&place));
    let entries = store.ok().flatten().and_then(|store| store.list(None).ok()).unwrap_or_default();
    let words: BTreeSet<String> = entries.iter().filter_map(what).collect();
    words.into_iter().map(CompletionCandidate::new).collect()
}
