//! `create secret --from-env-file`: all secrets of a file, or none.

use std::path::Path;

use sealkit_store::ValueKind;

use super::SecretStore;
use crate::{
    arguments::CreateSecret, env_file::EnvFile, error::CommandError, selection::Selection, terminal,
    value::NewValue,
};

/// Creates a secret for each variable of a file. If one of them cannot be created, none is.
pub(super) fn import<S: SecretStore>(args: &CreateSecret, path: &Path) -> Result<(), CommandError> {
    let file = EnvFile::read(path, "--from-env-file")?;
    let shown = sealkit_names::escape(&path.to_string_lossy());
    let mut secrets: Vec<(S::Id, NewValue)> = Vec::new();
    for (name, value) in file.variables() {
        let id = S::id(&args.scope, name, Some(args.r#type()))?;
        if let Some((other, _)) = secrets.iter().find(|(other, _)| other.key().eq_ignore_ascii_case(name)) {
            let message = if other.key() == name {
                format!("`{shown}` has two lines for `{name}`")
            } else {
                format!("the names `{}` and `{name}` in `{shown}` differ only in case", other.key())
            };
            return Err(nothing(&message).with_hint("keep one of the two lines"));
        }
        if value.is_empty() && !args.value.allow_empty {
            return Err(nothing(&format!("the value of `{name}` in `{shown}` is empty"))
                .with_hint("remove the line, or accept empty values: --allow-empty"));
        }
        secrets.push((id, NewValue::stored(value.as_bytes(), ValueKind::Text)));
    }
    if secrets.is_empty() {
        return Err(CommandError::failure(format!("`{shown}` has no line `NAME=VALUE`")));
    }
    let mut store = S::open(&args.remote)?;
    let mut existing = Vec::new();
    for (id, value) in &secrets {
        value.value()?;
        if store.find(id)?.is_some() {
            existing.push(id.key());
        }
    }
    if !existing.is_empty() {
        let verb = if existing.len() == 1 { "exists" } else { "exist" };
        return Err(nothing(&format!("{} {verb} already{}", existing.join(", "), store.place()))
            .with_hint("remove these lines from a copy of the file, or delete the secrets first"));
    }
    store.before_value()?;
    for (index, (id, value)) in secrets.iter().enumerate() {
        let created = store.create(id, value, args.r#type());
        if let Ok(Some(_)) = created {
            continue;
        }
        let kept: Vec<&str> = secrets[..index]
            .iter()
            .filter(|(created, _)| !matches!(store.delete(created), Ok(true)))
            .map(|(created, _)| created.key())
            .collect();
        let outcome = if kept.is_empty() {
            "no secret was created".to_owned()
        } else {
            format!("these were created, and could not be deleted again: {}", kept.join(", "))
        };
        return Err(match created {
            Err(error) => error.context(&outcome),
            Ok(_) => CommandError::failure(format!("{outcome}: secret {id} already exists{}", store.place())),
        });
    }
    let names: Vec<&str> = secrets.iter().map(|(id, _)| id.key()).collect();
    let noun = if names.len() == 1 { "secret" } else { "secrets" };
    terminal::status(&format!("Created {} {noun}{}: {}", names.len(), store.place(), names.join(", ")));
    for (id, value) in &secrets {
        value.print_notes(id, store.endpoint().is_some());
    }
    secrets.first().map_or(Ok(()), |(id, _)| store.print_notes(id))
}

fn nothing(reason: &str) -> CommandError {
    CommandError::failure(format!("no secret was created: {reason}"))
}
