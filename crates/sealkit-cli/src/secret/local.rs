//! Secrets in the local store.

use std::{borrow::Cow, time::SystemTime};

use sealkit_guard::Strength;
use sealkit_store::{Entry, Error, ErrorKind, SecretId, SecretType, Store, StorePaths, Value};
use serde::{Serialize, Serializer};

use super::SecretStore;
use crate::{
    arguments::{GetSecret, RemoteArguments, ScopeArguments, TypeArgument},
    error::CommandError,
    listing::Row,
    prompt, terminal,
    time::display_time,
    value::NewValue,
};

/// The secrets in the local store, which may not exist yet.
pub(crate) struct LocalSecrets(Option<Store>);

impl LocalSecrets {
    /// Returns the store of a secret that was found in it.
    fn store(&self) -> Result<&Store, CommandError> {
        let missing = || {
            CommandError::failure("there is no store")
                .with_hint("create a secret: sealkit create secret NAME")
        };
        self.0.as_ref().ok_or_else(missing)
    }

    /// Opens the store to read values.
    pub(super) fn of_user() -> Result<Self, CommandError> {
        Ok(Self(Store::open(&store_paths()?)?))
    }

    /// Returns the value and the type of a secret. Returns `None` if it does not exist.
    pub(super) fn read(&self, id: &SecretId) -> Result<Option<(NewValue, TypeArgument)>, CommandError> {
        let Some(store) = &self.0 else { return Ok(None) };
        let Some(stored) = store.get(id)? else { return Ok(None) };
        let r#type = match stored.entry.r#type {
            Some(SecretType::ImagePull) => TypeArgument::ImagePull,
            _ => TypeArgument::Generic,
        };
        Ok(Some((NewValue::stored(&stored.value, stored.kind), r#type)))
    }

    /// Stores the value of an older version as the latest one. Returns its version.
    pub(super) fn restore(&self, id: &SecretId, version: u64) -> Result<u64, CommandError> {
        let store = self.store()?;
        let Some(old) = store.get_version(id, version)? else {
            return Err(CommandError::failure(format!("secret {id} has no version {version}"))
                .with_hint(format!("list its versions: sealkit get secret {} --history", id.arguments())));
        };
        let value = Value::of_kind(old.kind, &old.value)?;
        Ok(store.update(id, value)?.version)
    }
}

impl SecretStore for LocalSecrets {
    type Id = SecretId;
    type Found = ();
    type Row = ListEntry;

    fn id(scope: &ScopeArguments, name: &str, _: Option<TypeArgument>) -> Result<SecretId, CommandError> {
        scope.secret_id(name)
    }

    fn open(_: &RemoteArguments) -> Result<Self, CommandError> {
        Self::of_user()
    }

    /// Opens the store without a prompt for its passphrase.
    fn open_for_list(_: &RemoteArguments) -> Result<Self, CommandError> {
        Ok(Self(Store::open(&StorePaths::for_user()?)?))
    }

    fn endpoint(&self) -> Option<String> {
        None
    }

    fn find(&self, id: &SecretId) -> Result<Option<()>, CommandError> {
        match &self.0 {
            Some(store) if exists(store, id)? => Ok(Some(())),
            _ => Ok(None),
        }
    }

    fn before_value(&self) -> Result<(), CommandError> {
        Ok(self.0.as_ref().map_or(Ok(()), Store::unlock)?)
    }

    fn create(
        &mut self,
        id: &SecretId,
        value: &NewValue,
        r#type: TypeArgument,
    ) -> Result<Option<String>, CommandError> {
        let store = match self.0.take() {
            Some(store) => store,
            None => Store::open_or_create(&store_paths()?)?,
        };
        let store = self.0.insert(store);
        let entry = match store.create(id, r#type.into(), value.value()?) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            other => other?,
        };
        let deleted = if entry.version > 1 { "; earlier versions were deleted" } else { "" };
        Ok(Some(format!(" (version {}{deleted})", entry.version)))
    }

    fn update(&self, id: &SecretId, (): &(), value: &NewValue) -> Result<Option<String>, CommandError> {
        let updated = unless_not_found(self.store()?.update(id, value.value()?))?;
        Ok(updated.map(|entry| format!(" (version {})", entry.version)))
    }

    fn delete(&self, id: &SecretId) -> Result<bool, CommandError> {
        let Some(store) = &self.0 else { return Ok(false) };
        Ok(unless_not_found(store.delete(id))?.is_some())
    }

    fn list(&self, args: &GetSecret) -> Result<Option<Vec<ListEntry>>, CommandError> {
        let Some(store) = &self.0 else { return Ok(None) };
        let Some(name) = &args.name else {
            let scope = args.scope.parse()?;
            let mut entries = store.list(args.scope.domain.is_some().then_some(&scope))?;
            entries.retain(|entry| {
                args.scope.group.is_none() || entry.id.group() == args.scope.group.as_deref()
            });
            return Ok(Some(entries.into_iter().map(ListEntry::from).collect()));
        };
        let entries = versions(store, &args.scope, name, args.history)?.into_iter().map(|entry| {
            let strength = strength(store, &entry).unwrap_or_else(|conflict| {
                // Tasks cannot read the secret.
                if !args.history {
                    CommandError::from(conflict).warn();
                }
                None
            });
            ListEntry { entry, strength }
        });
        Ok(Some(entries.collect()).filter(|entries: &Vec<ListEntry>| !entries.is_empty()))
    }

    fn known(&self, _: &SecretId) -> Vec<SecretId> {
        let entries = self.0.as_ref().and_then(|store| store.list(None).ok()).unwrap_or_default();
        entries.into_iter().map(|entry| entry.id).collect()
    }

    fn print_notes(&self, id: &SecretId) -> Result<(), CommandError> {
        let store = self.store()?;
        note_created_key(store);
        if let Some(other) = same_variable(store, id)? {
            terminal::note(&format!(
                "{id} and {other} have the same environment variable on Flyte 2: a task that requests both must set \
                 `env_var` for one of them"
            ));
        }
        Ok(())
    }
}

/// Returns `None` if the secret does not exist.
fn unless_not_found<T>(result: sealkit_store::Result<T>) -> Result<Option<T>, CommandError> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => Ok(Some(other?)),
    }
}

/// One version of a secret, with the strength of its value if that was decrypted.
pub(crate) struct ListEntry {
    pub(crate) entry: Entry,
    pub(crate) strength: Option<Strength>,
}

impl From<Entry> for ListEntry {
    fn from(entry: Entry) -> Self {
        Self { entry, strength: None }
    }
}

/// One version of a secret, as JSON.
#[derive(Serialize)]
struct Json<'a> {
    name: &'a str,
    group: Option<&'a str>,
    domain: Option<&'a str>,
    project: Option<&'a str>,
    r#type: &'a str,
    version: u64,
    #[serde(serialize_with = "rfc3339")]
    created: SystemTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<&'a str>,
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&display_time(*time))
}

impl<'a> Json<'a> {
    fn of(ListEntry { entry, strength }: &'a ListEntry) -> Self {
        let scope = entry.id.scope();
        Self {
            name: entry.id.key(),
            group: entry.id.group(),
            domain: scope.domain(),
            project: scope.project(),
            r#type: entry.r#type.map_or("deleted", type_name),
            version: entry.version,
            created: entry.created,
            guard: strength.map(Strength::as_str),
        }
    }
}

/// Returns the value of `--type` for a type.
fn type_name(r#type: SecretType) -> &'static str {
    match r#type {
        SecretType::ImagePull => "image-pull",
        other => other.as_str(),
    }
}

impl Serialize for ListEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json::of(self).serialize(serializer)
    }
}

impl Row for ListEntry {
    const TITLES: &'static [&'static str] =
        &["NAME", "GROUP", "DOMAIN", "PROJECT", "TYPE", "VERSION", "CREATED", "GUARD"];

    fn name(&self) -> String {
        let id = &self.entry.id;
        id.group().map_or_else(|| id.key().to_owned(), |group| format!("{group}/{}", id.key()))
    }

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let Json { name, group, domain, project, r#type, version, created, guard } = Json::of(self);
        vec![
            name.into(),
            group.unwrap_or_default().into(),
            domain.unwrap_or_default().into(),
            project.unwrap_or_default().into(),
            r#type.into(),
            version.to_string().into(),
            display_time(created).into(),
            guard.unwrap_or_default().into(),
        ]
    }
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
    Ok(entries)
}

/// Returns the strength of a value, or `None` if the value cannot be decrypted without the passphrase.
///
/// # Errors
///
/// Returns an error if the version has two values.
fn strength(store: &Store, entry: &Entry) -> Result<Option<Strength>, Error> {
    match store.get_version(&entry.id, entry.version) {
        Ok(stored) => Ok(stored.map(|stored| Strength::of(&stored.value))),
        Err(error) if error.kind() == ErrorKind::Conflict => Err(error),
        Err(_) => Ok(None),
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sealkit_store::{Scope, SecretId};

    use super::*;
    use crate::listing;

    fn entry(name: &str, group: Option<&str>) -> ListEntry {
        let id = SecretId::new(Scope::Global, group, name).unwrap();
        let created = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_530_600);
        Entry { id, version: 1, created, r#type: Some(SecretType::Generic) }.into()
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn empty_columns_are_left_out() {
        let text = plain(&listing::table(&[entry("a", None), entry("my_secret", Some("db"))], None));
        assert_eq!(
            text,
            "NAME       GROUP  TYPE     VERSION  CREATED\n\
             a                 generic  1        2026-11-24T14:30:00Z\n\
             my_secret  db     generic  1        2026-11-24T14:30:00Z\n"
        );
        assert!(!plain(&listing::table(&[entry("a", None)], None)).contains("GROUP"));
    }

    #[test]
    fn a_table_fits_its_terminal() {
        let long = "x".repeat(128);
        for width in [40, 80, 120, 300] {
            let text = plain(&listing::table(&[entry(&long, Some("g")), entry("short", None)], Some(width)));
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            assert_eq!(text.contains('…'), width < 180, "{width}\n{text}");
        }
        assert!(
            plain(&listing::table(&[entry(&long, None)], None)).contains(&long),
            "a table in a pipe is not shortened"
        );
    }
}
