//! `create`, `get`, `update` and `delete secret`, and `verify store`, in the local store.

use sealkit_guard::Strength;
use sealkit_names::nearest;
use sealkit_store::{Entry, ErrorKind, SecretId, Store, StorePaths, Value, ValueKind};

use crate::{
    arguments::{CreateSecret, DeleteSecret, GetSecret, OutputArgument, ScopeArguments, UpdateSecret},
    command_line::CommandLine,
    error::CommandError,
    listing::{self, ListEntry},
    prompt, terminal,
    value::NewValue,
};

pub(crate) fn create(args: &CreateSecret) -> Result<(), CommandError> {
    let id = args.scope.secret_id(&args.name)?;
    let paths = store_paths()?;
    let store = Store::open(&paths)?;
    // Before the prompt for the value: typing it would be for nothing.
    if let Some(store) = &store {
        if exists(store, &id)? {
            return Err(already_exists(&id));
        }
        store.unlock()?;
    }
    let command = CommandLine { verb: "create", id: &id, is_remote: false };
    let value = NewValue::read_with_docker(&args.docker, &args.value, &command)?;
    let store = store.map_or_else(|| Store::open_or_create(&paths), Ok)?;
    let entry = match store.create(&id, args.r#type().into(), value.value()?) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(already_exists(&id)),
        other => other?,
    };
    let deleted = if entry.version > 1 { "; earlier versions were deleted" } else { "" };
    terminal::status(&format!("Created secret {id} (version {}{deleted})", entry.version));
    note_created_key(&store);
    value.print_notes(&id);
    if let Some(other) = same_variable(&store, &id)? {
        terminal::note(&format!(
            "{id} and {other} have the same environment variable on Flyte 2: a task that requests both must set \
             `env_var` for one of them"
        ));
    }
    Ok(())
}

pub(crate) fn update(args: &UpdateSecret) -> Result<(), CommandError> {
    let id = args.scope.secret_id(&args.name)?;
    let paths = store_paths()?;
    let create = format!("create it: sealkit create secret {}", id.arguments());
    let Some(store) = Store::open(&paths)? else { return Err(not_found(None, &id, Some(&create))) };
    if !exists(&store, &id)? {
        return Err(not_found(Some(&store), &id, Some(&create)));
    }
    store.unlock()?;
    if let Some(version) = args.restore {
        return restore(&store, &id, version);
    }
    let value = NewValue::read(&args.value, &CommandLine { verb: "update", id: &id, is_remote: false })?;
    let entry = store.update(&id, value.value()?)?;
    terminal::status(&format!("Updated secret {id} (version {})", entry.version));
    value.print_notes(&id);
    Ok(())
}

/// Stores the value of an older version as the latest version.
fn restore(store: &Store, id: &SecretId, version: u64) -> Result<(), CommandError> {
    let Some(old) = store.get_version(id, version)? else {
        return Err(CommandError::failure(format!("secret {id} has no version {version}"))
            .with_hint(format!("list its versions: sealkit get secret {} --history", id.arguments())));
    };
    let value = match (old.kind, str::from_utf8(&old.value)) {
        (kind, _) if old.value.is_empty() => Value::empty(kind),
        (ValueKind::Text, Ok(text)) => Value::text(text)?,
        _ => Value::bytes(&old.value)?,
    };
    let entry = store.update(id, value)?;
    terminal::status(&format!("Restored version {version} of {id} as version {}", entry.version));
    Ok(())
}

pub(crate) fn delete(args: &DeleteSecret) -> Result<(), CommandError> {
    let id = args.scope.secret_id(&args.name)?;
    let Some(store) = Store::open(&store_paths()?)? else { return Err(not_found(None, &id, None)) };
    if !exists(&store, &id)? {
        return Err(not_found(Some(&store), &id, None));
    }
    if !args.yes {
        require_terminal(&CommandLine { verb: "delete", id: &id, is_remote: false })?;
        if !prompt::confirm(&format!("Delete secret {id} and all its versions? This cannot be undone."))? {
            return Err(CommandError::failure(format!("secret {id} was not deleted")));
        }
    }
    store.delete(&id)?;
    terminal::status(&format!("Deleted secret {id}"));
    Ok(())
}

/// Returns an error if standard input is not a terminal, which a question needs.
pub(crate) fn require_terminal(command: &CommandLine<'_>) -> Result<(), CommandError> {
    if terminal::stdin_is_terminal() {
        return Ok(());
    }
    Err(CommandError::usage("cannot ask for confirmation: standard input is not a terminal")
        .with_hint(format!("to continue without it: {}", command.with("-y"))))
}

pub(crate) fn get(args: &GetSecret) -> Result<(), CommandError> {
    let scope = args.scope.parse()?;
    let all_scopes = args.scope.domain.is_none();
    // Without a prompt for the passphrase: a list decrypts nothing.
    let store = Store::open(&StorePaths::for_user()?)?;
    let entries: Vec<ListEntry> = match (&store, &args.name) {
        (None, None) => Vec::new(),
        (None, Some(name)) => return Err(not_found(None, &args.scope.secret_id(name)?, None)),
        (Some(store), None) => {
            let mut entries = store.list((!all_scopes).then_some(&scope))?;
            entries.retain(|entry| {
                args.scope.group.is_none() || entry.id.group() == args.scope.group.as_deref()
            });
            entries.into_iter().map(ListEntry::from).collect()
        }
        (Some(store), Some(name)) => versions(store, &args.scope, name, args.history)?
            .into_iter()
            .map(|entry| ListEntry { strength: strength(store, &entry), entry })
            .collect(),
    };
    if entries.is_empty() && matches!(args.output, OutputArgument::Table) {
        terminal::status("No secrets found");
        terminal::hint("create one: sealkit create secret NAME");
        return Ok(());
    }
    listing::print(&entries, args.output)
}

/// Returns the latest version, or with `history` all versions, of the secret `name` in one scope or in all.
fn versions(
    store: &Store,
    args: &ScopeArguments,
    name: &str,
    history: bool,
) -> Result<Vec<Entry>, CommandError> {
    let id = args.secret_id(name)?;
    let scopes = if args.domain.is_some() { vec![args.parse()?] } else { store.scopes()? };
    let mut entries = Vec::new();
    for scope in scopes {
        let versions = store.history(&SecretId::new(scope, id.group(), id.key())?)?;
        let count = if history { versions.len() } else { 1 };
        let is_listed = |entry: &Entry| history || entry.r#type.is_some();
        entries.extend(versions.into_iter().take(count).filter(is_listed));
    }
    if entries.is_empty() { Err(not_found(Some(store), &id, None)) } else { Ok(entries) }
}

/// Returns the strength of a value, or `None` if the value cannot be decrypted without the passphrase.
fn strength(store: &Store, entry: &Entry) -> Option<Strength> {
    entry.r#type?;
    let stored = store.get_version(&entry.id, entry.version).ok()??;
    Some(Strength::of(&stored.value))
}

pub(crate) fn verify() -> Result<(), CommandError> {
    let paths = store_paths()?;
    let Some(store) = Store::open(&paths)? else {
        terminal::status("There is no store yet");
        return Ok(());
    };
    let corrupt = store.verify()?;
    for file in &corrupt {
        terminal::error(&format!("`{}`: {}", file.path.display(), file.error));
    }
    match corrupt.len() {
        0 => terminal::status(&format!("The store `{}` is intact", paths.directory().display())),
        1 => return Err(CommandError::failure("1 file is corrupt")),
        count => return Err(CommandError::failure(format!("{count} files are corrupt"))),
    }
    Ok(())
}

/// Returns the paths of the user's store, with a prompt for its passphrase if standard input is a terminal.
pub(crate) fn store_paths() -> Result<StorePaths, CommandError> {
    Ok(StorePaths::for_user()?.passphrase_prompt(|| {
        if !terminal::stdin_is_terminal() {
            return Ok(None);
        }
        prompt::hidden("Enter passphrase: ").map(Some).map_err(|error| {
            let kind = if error.is_interrupted() {
                std::io::ErrorKind::Interrupted
            } else {
                std::io::ErrorKind::Other
            };
            std::io::Error::new(kind, error.message().to_owned())
        })
    }))
}

/// Opens the store; creates it, and its key with a note, if it does not exist.
#[cfg(target_os = "linux")]
pub(crate) fn open_or_create_store() -> Result<Store, CommandError> {
    let store = Store::open_or_create(&store_paths()?)?;
    note_created_key(&store);
    Ok(store)
}

fn note_created_key(store: &Store) {
    if let Some(path) = store.created_key() {
        terminal::note(&format!(
            "created the key `{}`; without it the secrets cannot be read: back it up apart from the store",
            path.display()
        ));
    }
}

fn exists(store: &Store, id: &SecretId) -> Result<bool, CommandError> {
    Ok(store.history(id)?.first().is_some_and(|entry| entry.r#type.is_some()))
}

fn already_exists(id: &SecretId) -> CommandError {
    CommandError::failure(format!("secret {id} already exists"))
        .with_hint(format!("give it a new value: sealkit update secret {}", id.arguments()))
}

/// Returns the error for a secret that does not exist.
///
/// The hint suggests the same name in another group or scope, or else a similar name, and to `create` the secret.
fn not_found(store: Option<&Store>, id: &SecretId, create: Option<&str>) -> CommandError {
    let entries = store.and_then(|store| store.list(None).ok()).unwrap_or_default();
    let same_name = entries.iter().find(|entry| entry.id.key() == id.key());
    let siblings =
        entries.iter().filter(|entry| entry.id.scope() == id.scope() && entry.id.group() == id.group());
    let similar = match same_name {
        Some(entry) => Some(entry.id.arguments()),
        None => nearest(id.key(), siblings.map(|entry| entry.id.key())).map(str::to_owned),
    };
    CommandError::failure(format!("secret {id} not found")).with_hint(match (similar, create) {
        (Some(similar), Some(create)) => format!("did you mean `{similar}`? otherwise {create}"),
        (Some(similar), None) => format!("did you mean `{similar}`?"),
        (None, Some(create)) => create.to_owned(),
        (None, None) => "list the secrets: sealkit get secret".to_owned(),
    })
}

/// Returns another secret that has the same environment variable on Flyte 2, where `-` and `_` are not distinguished.
fn same_variable(store: &Store, id: &SecretId) -> Result<Option<SecretId>, CommandError> {
    for key in [id.key().replace('-', "_"), id.key().replace('_', "-")] {
        let other = SecretId::new(id.scope().clone(), id.group(), &key)?;
        if other != *id && exists(store, &other)? {
            return Ok(Some(other));
        }
    }
    Ok(None)
}
