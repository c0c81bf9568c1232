//! Errors for commands that do not exist, with the command that the user probably meant.

use std::{ffi::OsString, path::Path};

use clap::error::{ContextKind, ContextValue, Error};

use crate::error::CommandError;

/// Commands of other tools, each with a hint.
const HINTS: &[(&[&str], &str)] = &[
    (&["list", "ls"], "list secrets: sealkit get secret"),
    (
        &["show", "cat", "print", "read", "reveal", "view"],
        "list secrets: sealkit get secret; values are never shown",
    ),
    (&["add", "insert", "put"], "create a secret: sealkit create secret NAME"),
    (
        &["set", "edit", "change", "rotate"],
        "give a secret a new value: sealkit update secret NAME; create one: sealkit create secret NAME",
    ),
    (&["rm", "remove", "del", "unset"], "delete a secret: sealkit delete secret NAME"),
    (
        &["load"],
        "create secrets from a file: sealkit create secret --from-env-file PATH; from an exported file: sealkit import store PATH",
    ),
    (&["export", "dump"], "values are never shown; tasks read them: sealkit run TARGET TASK"),
    (&["exec", "execute", "start"], "run a task: sealkit run TARGET TASK"),
    (
        &["image", "images", "docker"],
        "build and push an image: sealkit build image TARGET --push REGISTRY/NAME",
    ),
    (&["register", "package"], "register tasks on a cluster: sealkit deploy TARGET"),
    (&["init", "setup"], "create a package: sealkit new NAME; a secret: sealkit create secret NAME"),
    (&["login", "auth"], "no login is needed: commands for a cluster log in, see `sealkit --help`"),
    (
        &["config"],
        "configure a cluster: sealkit create config --endpoint HOST; show its settings: sealkit get config",
    ),
    (&["log", "tail"], "print the logs of a run: sealkit logs RUN"),
    (
        &["runs", "status", "ps"],
        "list the runs on a cluster: sealkit get run; on this machine: sealkit get run --local",
    ),
    (&["kill", "cancel", "stop"], "abort a run: sealkit abort run RUN"),
    (
        &["check", "doctor", "fsck"],
        "check the store: sealkit verify store; a program: sealkit describe TARGET --check",
    ),
    (&["passphrase", "passwd", "lock"], "set a passphrase for the key: sealkit update key"),
    (&["backup", "dump"], "write all secrets to one file: sealkit export store PATH"),
    (&["restore"], "read the secrets of an exported file: sealkit import store PATH"),
    (&["help"], "show the help: sealkit --help"),
    (&["version"], "show the version: sealkit --version"),
];

/// Commands that take an object, each with a complete command line.
const OBJECTS: &[(&str, &str)] = &[
    ("create", "sealkit create secret NAME"),
    ("get", "sealkit get secret NAME"),
    ("update", "sealkit update secret NAME"),
    ("delete", "sealkit delete secret NAME"),
    ("abort", "sealkit abort run RUN"),
    ("verify", "sealkit verify store"),
    ("export", "sealkit export store PATH"),
    ("import", "sealkit import store PATH`, or `sealkit create secret --from-env-file PATH"),
    ("build", "sealkit build image TARGET --push REGISTRY/NAME"),
];

/// Returns the error for an unrecognized command, out of clap's error and the arguments.
///
/// Of the arguments only the command itself is repeated: the others may contain a value.
pub(crate) fn error(error: &Error, arguments: impl Iterator<Item = OsString>) -> CommandError {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return CommandError::usage("unrecognized command");
    };
    let suggestion = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(words)) => words.first(),
        _ => None,
    };
    let arguments: Vec<String> =
        arguments.take(2).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut arguments = arguments.iter().map(String::as_str);
    let (first, second) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let parent = OBJECTS.iter().find(|(verb, _)| *verb == first);
    let command = match parent {
        Some((verb, _)) => format!("{verb} {word}"),
        None => word.clone(),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let message = if word.chars().all(is_name) {
        format!("unrecognized command `{command}`")
    } else {
        "unrecognized command".to_owned()
    };
    CommandError::usage(message).with_hint(match (parent, suggestion) {
        (Some(_), Some(object)) if object == "key" => "did you mean `sealkit update key`?".to_owned(),
        (Some((verb, _)), Some(object)) if ["run", "runs", "config"].contains(&object.as_str()) => {
            format!("did you mean `sealkit {verb} {}`?", object.trim_end_matches('s'))
        }
        (Some((_, line)), _) => format!("did you mean `{line}`?"),
        (None, suggestion) => hint(word, second, suggestion.map(String::as_str)),
    })
}

/// Returns the hint for `word` in place of a command, followed by the argument `next`.
fn hint(word: &str, next: &str, suggestion: Option<&str>) -> String {
    let known = |word: &str| HINTS.iter().find(|(words, _)| words.contains(&word)).map(|(_, hint)| *hint);
    // `sealkit secret create NAME`
    if matches!(word, "secret" | "secrets") {
        return match (OBJECTS.iter().find(|(verb, _)| *verb == next), known(next)) {
            (Some((_, line)), _) => format!("write the verb first: {line}"),
            (None, Some(hint)) => hint.to_owned(),
            (None, None) => "write a verb first: sealkit create secret NAME, sealkit get secret".to_owned(),
        };
    }
    if Path::new(word).extension().is_some_and(|extension| extension == "rs") {
        return "run a task of a file: sealkit run FILE TASK".to_owned();
    }
    match (known(word), suggestion) {
        (Some(hint), _) => hint.to_owned(),
        (None, Some(verb)) => format!("did you mean `sealkit {verb}`?"),
        (None, None) => "list the commands: sealkit --help".to_owned(),
    }
}
