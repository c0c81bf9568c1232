//! The secrets of `sealkit run --secret`, for one run only.

use std::path::Path;

use sealkit_program::{Program, SecretRequest};
use zeroize::Zeroizing;

use crate::{
    error::CommandError,
    value::{self, Source},
};

/// A secret from the command line, for this run only.
pub(crate) struct RunSecret {
    pub(crate) name: String,
    pub(crate) value: Zeroizing<Vec<u8>>,
    /// The variable of this command that holds it.
    pub(crate) variable: Option<String>,
}

/// Reads the value of `--secret`: `NAME=@FILE`, `NAME=env:VARIABLE` or `NAME=-`.
pub(crate) fn parse(text: &str) -> Result<RunSecret, CommandError> {
    let syntax = "write --secret NAME=@FILE, NAME=env:VARIABLE or NAME=- for standard input; with a group, NAME is GROUP/NAME";
    // Errors repeat the name at most: the rest may be a value by mistake.
    let Some((name, source)) = text.split_once('=') else {
        return Err(CommandError::usage("a value of `--secret` has no `=`").with_hint(syntax));
    };
    let source = match source {
        "-" => Source::StandardInput,
        _ => match (source.strip_prefix('@'), source.strip_prefix("env:")) {
            (Some(path), _) => Source::File(Path::new(path)),
            (None, Some(variable)) => Source::Variable(variable),
            (None, None) => {
                let message = format!(
                    "`--secret {}=…` names no source, and values are not accepted here",
                    sealkit_names::escape(name)
                );
                return Err(CommandError::usage(message).with_hint(syntax));
            }
        },
    };
    let variable = if let Source::Variable(variable) = source { Some(variable.to_owned()) } else { None };
    match value::read_from(&source) {
        Ok(value) => Ok(RunSecret { name: name.to_owned(), value, variable }),
        Err(error) => Err(error.context(&format!("`--secret {}`", sealkit_names::escape(name)))),
    }
}

/// Returns the secret that is requested, if it was given.
pub(crate) fn find<'s>(secrets: &'s [RunSecret], request: &SecretRequest) -> Option<&'s RunSecret> {
    let name = request.request().to_string();
    secrets.iter().find(|secret| secret.name == name)
}

/// Returns an error if a secret of `--secret` is not requested by any task.
pub(crate) fn check_requested(run_secrets: &[RunSecret], program: &Program) -> Result<(), CommandError> {
    let requests = program.tasks().iter().flat_map(|task| &task.secret_requests);
    let names: Vec<String> = requests.map(|request| request.request().to_string()).collect();
    let Some(unknown) = run_secrets.iter().find(|secret| !names.contains(&secret.name)) else {
        return Ok(());
    };
    let name = sealkit_names::escape(&unknown.name);
    let key = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let near = sealkit_names::nearest(&unknown.name, names.iter().map(String::as_str));
    let same_key = || names.iter().find(|name| key(name) == key(&unknown.name)).map(String::as_str);
    let error = CommandError::usage(format!("`--secret` names `{name}`, which no task requests"));
    Err(match near.or_else(same_key) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => error.with_hint("the tasks of this program request no secrets"),
        None => {
            let mut names = names;
            names.sort();
            names.dedup();
            error.with_hint(format!("the requested secrets: {}", names.join(", ")))
        }
    })
}
