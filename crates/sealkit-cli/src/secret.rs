//! `create`, `get`, `update` and `delete secret`, and `verify store`.

use sealkit_guard::Strength;
use sealkit_names::nearest;
use sealkit_store::{Entry, ErrorKind, SecretId, Store, StorePaths, Value, ValueKind};

use crate::{
    arguments::{CreateSecret, DeleteSecret, GetSecret, HomeArguments, OutputArgument, UpdateSecret},
    fault::Fault,
    listing::{self, Listed},
    prompt, terminal,
    value::Given,
};

pub(crate) fn create(what: &CreateSecret) -> Result<(), Fault> {
    let id = what.home.id(&what.name)?;
    let place = place()?;
    let store = Store::open(&place)?;
    // A person must not type a value in vain.
    if let Some(store) = &store {
        if exists(store, &id)? {
            return Err(already(&id));
        }
        store.unlock()?;
    }
    let command = Command { verb: "create", id: &id, is_remote: false };
    let given = Given::take_docker(&what.docker, &what.value, &command)?;
    let store = store.map_or_else(|| Store::open_or_create(&place), Ok)?;
    let entry = match store.create(&id, what.r#type().into(), given.value()?) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(already(&id)),
        other => other?,
    };
    terminal::done(&format!("Created secret {id} (version {})", entry.version));
    given.notes(&id);
    if let Some(twin) = twin(&store, &id)? {
        terminal::note(&format!(
            "{id} and {twin} are one variable on Flyte 2: no task can request both unless one has an `env_var`"
        ));
    }
    Ok(())
}

pub(crate) fn update(what: &UpdateSecret) -> Result<(), Fault> {
    let id = what.home.id(&what.name)?;
    let place = place()?;
    let Some(store) = Store::open(&place)? else { return Err(missing(None, &id)) };
    if !exists(&store, &id)? {
        return Err(missing(Some(&store), &id));
    }
    store.unlock()?;
    let entry = if let Some(version) = what.restore {
        let Some(old) = store.get_version(&id, version)? else {
            return Err(Fault::failure(format!("secret {id} has no version {version}"))
                .with_hint(format!("see which it has: sealkit get secret {} --history", id.arguments())));
        };
        let value = match (old.kind, str::from_utf8(&old.value)) {
            (form, _) if old.value.is_empty() => Value::empty(form),
            (ValueKind::Text, Ok(text)) => Value::text(text)?,
            _ => Value::bytes(&old.value)?,
        };
        store.update(&id, value)?
    } else {
        let given = Given::take(&what.value, &Command { verb: "update", id: &id, is_remote: false })?;
        let entry = store.update(&id, given.value()?)?;
        given.notes(&id);
        entry
    };
    terminal::done(&format!("Updated secret {id} (version {})", entry.version));
    Ok(())
}

pub(crate) fn delete(what: &DeleteSecret) -> Result<(), Fault> {
    let id = what.home.id(&what.name)?;
    let Some(store) = Store::open(&place()?)? else { return Err(missing(None, &id)) };
    if !exists(&store, &id)? {
        return Err(missing(Some(&store), &id));
    }
    if !what.yes {
        must_be_asked(&Command { verb: "delete", id: &id, is_remote: false })?;
        if !prompt::confirm(&format!("Delete secret {id} with all its versions?"))? {
            return Err(Fault::failure(format!("secret {id} was not deleted")));
        }
    }
    store.delete(&id)?;
    terminal::done(&format!("Deleted secret {id}"));
    Ok(())
}

/// Somebody has to be there who can be asked.
pub(crate) fn must_be_asked(command: &Command<'_>) -> Result<(), Fault> {
    if terminal::input_is_typed() {
        return Ok(());
    }
    Err(Fault::usage("nobody can be asked whether it is meant: standard input is not a terminal")
        .with_hint(format!("if it is: {}", command.with("-y"))))
}

pub(crate) fn get(what: &GetSecret) -> Result<(), Fault> {
    let scope = what.home.scope()?;
    let everywhere = what.home.domain.is_none();
    // Nobody is asked for a passphrase to see a list.
    let store = Store::open(&StorePaths::for_user()?)?;
    let entries: Vec<Listed> = match (&store, &what.name) {
        (None, None) => Vec::new(),
        (None, Some(name)) => return Err(missing(None, &what.home.id(name)?)),
        (Some(store), None) => {
            let mut entries = store.list((!everywhere).then_some(&scope))?;
            entries
                .retain(|entry| what.home.group.is_none() || entry.id.group() == what.home.group.as_deref());
            entries.into_iter().map(Listed::from).collect()
        }
        (Some(store), Some(name)) => named(store, &what.home, name, what.history)?
            .into_iter()
            .map(|entry| Listed { strength: strength(store, &entry), entry })
            .collect(),
    };
    if entries.is_empty() && matches!(what.output, OutputArgument::Table) {
        terminal::done("No secrets found");
        terminal::hint("sealkit create secret NAME");
        return Ok(());
    }
    listing::print(&entries, what.output)
}

/// The secret `name` of one scope, or of all, or its versions.
fn named(store: &Store, home: &HomeArguments, name: &str, history: bool) -> Result<Vec<Entry>, Fault> {
    let asked = home.id(name)?;
    let scopes = if home.domain.is_some() { vec![home.scope()?] } else { store.scopes()? };
    let mut entries = Vec::new();
    for scope in scopes {
        let versions = store.history(&SecretId::new(scope, asked.group(), asked.key())?)?;
        let shown = if history { versions.len() } else { 1 };
        let live = |entry: &Entry| history || entry.r#type.is_some();
        entries.extend(versions.into_iter().take(shown).filter(live));
    }
    if entries.is_empty() { Err(missing(Some(store), &asked)) } else { Ok(entries) }
}

/// How well the value is guarded, unless its key is locked.
fn strength(store: &Store, entry: &Entry) -> Option<Strength> {
    entry.r#type?;
    let stored = store.get_version(&entry.id, entry.version).ok()??;
    Some(Strength::of(&stored.value))
}

pub(crate) fn verify() -> Result<(), Fault> {
    let place = place()?;
    let Some(store) = Store::open(&place)? else {
        terminal::done("There is no store yet");
        return Ok(());
    };
    let damages = store.verify()?;
    for file in &damages {
        terminal::error(&format!("`{}`: {}", file.path.display(), file.error));
    }
    match damages.len() {
        0 => terminal::done(&format!("The store `{}` is whole", place.directory().display())),
        1 => return Err(Fault::failure("1 file is damaged")),
        many => return Err(Fault::failure(format!("{many} files are damaged"))),
    }
    Ok(())
}

/// The user's store; who can be asked is asked for its passphrase.
pub(crate) fn place() -> Result<StorePaths, Fault> {
    Ok(StorePaths::for_user()?.passphrase_prompt(|| {
        if !terminal::input_is_typed() {
            return Ok(None);
        }
        prompt::line("Enter passphrase: ").map(Some).map_err(|fault| {
            let kind = if fault.is_interrupted() {
                std::io::ErrorKind::Interrupted
            } else {
                std::io::ErrorKind::Other
            };
            std::io::Error::new(kind, fault.message().to_owned())
        })
    }))
}

/// What somebody types.
pub(crate) struct Command<'a> {
    pub(crate) verb: &'static str,
    pub(crate) id: &'a SecretId,
    pub(crate) is_remote: bool,
}

impl Command<'_> {
    /// The command with one more option.
    pub(crate) fn with(&self, option: &str) -> String {
        let (verb, arguments) = (self.verb, self.id.arguments());
        let remote = if self.is_remote { "--remote " } else { "" };
        // After `--`, nothing is an option.
        if arguments.contains("-- ") {
            format!("sealkit {verb} secret {remote}{option} {arguments}")
        } else {
            format!("sealkit {verb} secret {arguments} {remote}{option}").trim_end().to_owned()
        }
    }
}

fn exists(store: &Store, id: &SecretId) -> Result<bool, Fault> {
    Ok(store.history(id)?.first().is_some_and(|entry| entry.r#type.is_some()))
}

fn already(id: &SecretId) -> Fault {
    Fault::failure(format!("secret {id} exists already"))
        .with_hint(format!("give it a new value: sealkit update secret {}", id.arguments()))
}

/// There is no such secret; perhaps there is one of a similar name, in another group or in another scope.
fn missing(store: Option<&Store>, id: &SecretId) -> Fault {
    let entries = store.and_then(|store| store.list(None).ok()).unwrap_or_default();
    let elsewhere = entries.iter().find(|entry| entry.id.key() == id.key());
    let beside =
        entries.iter().filter(|entry| entry.id.scope() == id.scope() && entry.id.group() == id.group());
    let near = match elsewhere {
        Some(entry) => Some(entry.id.arguments()),
        None => nearest(id.key(), beside.map(|entry| entry.id.key())).map(str::to_owned),
    };
    let create = format!("sealkit create secret {}", id.arguments());
    Fault::failure(format!("there is no secret {id}")).with_hint(match near {
        Some(near) => format!("did you mean `{near}`? To create it: {create}"),
        None => format!("create it: {create}"),
    })
}

/// Another secret that Flyte 2 gives to a task in the same variable, where `-` and `_` are one.
fn twin(store: &Store, id: &SecretId) -> Result<Option<SecretId>, Fault> {
    for key in [id.key().replace('-', "_"), id.key().replace('_', "-")] {
        let twin = SecretId::new(id.scope().clone(), id.group(), &key)?;
        if twin != *id && exists(store, &twin)? {
            return Ok(Some(twin));
        }
    }
    Ok(None)
}
