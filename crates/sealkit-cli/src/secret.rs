//! `create`, `get`, `update` and `delete secret`, in the local store and on a cluster.

mod cluster;
mod import;
mod local;
mod push;
mod verify;

use sealkit_names::nearest;

pub(crate) use self::local::open_or_create_store;
pub(crate) use self::{
    cluster::ClusterSecrets,
    local::{LocalSecrets, store_paths},
    push::push,
    verify::verify,
};
use crate::{
    arguments::{
        CreateSecret, DeleteSecret, GetSecret, RemoteArguments, ScopeArguments, TypeArgument, UpdateSecret,
    },
    command_line::CommandLine,
    error::CommandError,
    listing::{self, Row},
    prompt,
    selection::Selection,
    terminal,
    value::NewValue,
};

/// A place that stores secrets.
pub(crate) trait SecretStore: Sized {
    /// The identifier of a secret in it.
    type Id: Selection;
    /// What the place knows of a secret without its value.
    type Found;
    /// A row of its list.
    type Row: Row;

    /// Returns the identifier of a secret that it could hold; `new` is the type of a new secret.
    fn id(scope: &ScopeArguments, name: &str, new: Option<TypeArgument>) -> Result<Self::Id, CommandError>;

    fn open(remote: &RemoteArguments) -> Result<Self, CommandError>;

    /// Opens it for a list, without prompts.
    fn open_for_list(remote: &RemoteArguments) -> Result<Self, CommandError> {
        Self::open(remote)
    }

    /// Returns the cluster, for messages; `None` for the local store.
    fn endpoint(&self) -> Option<String>;

    /// Returns where it is, for messages: ` on URL`, or an empty text for the local store.
    fn place(&self) -> String {
        self.endpoint().map(|endpoint| format!(" on {endpoint}")).unwrap_or_default()
    }

    /// Returns the command line of a verb on a secret in it, for hints.
    fn command<'a>(&self, verb: &'static str, id: &'a Self::Id) -> CommandLine<'a> {
        CommandLine { verb, id, is_remote: self.endpoint().is_some() }
    }

    /// Looks up a secret by its exact name and scope.
    fn find(&self, id: &Self::Id) -> Result<Option<Self::Found>, CommandError>;

    /// Prepares for a new value, before the user is prompted for it.
    fn before_value(&self) -> Result<(), CommandError>;

    /// Stores a new secret. Returns a suffix for the message, or `None` if the secret exists.
    fn create(
        &mut self,
        id: &Self::Id,
        value: &NewValue,
        r#type: TypeArgument,
    ) -> Result<Option<String>, CommandError>;

    /// Stores a new value. Returns a suffix for the message, or `None` if the secret does not exist any more.
    fn update(
        &self,
        id: &Self::Id,
        found: &Self::Found,
        value: &NewValue,
    ) -> Result<Option<String>, CommandError>;

    /// Deletes a secret. Returns whether it existed.
    fn delete(&self, id: &Self::Id) -> Result<bool, CommandError>;

    /// Lists secrets, or the versions of one. Returns `None` if the named secret does not exist.
    fn list(&self, args: &GetSecret) -> Result<Option<Vec<Self::Row>>, CommandError>;

    /// Returns the secrets that an error can suggest in place of one that does not exist.
    fn known(&self, id: &Self::Id) -> Vec<Self::Id>;

    /// Prints notes about a secret that was created.
    fn print_notes(&self, id: &Self::Id) -> Result<(), CommandError>;
}

pub(crate) fn create<S: SecretStore>(args: &CreateSecret) -> Result<(), CommandError> {
    if let Some(path) = &args.from_env_file {
        return import::import::<S>(args, path);
    }
    let name = args.name.as_deref().unwrap_or_default();
    let id = S::id(&args.scope, name, Some(args.r#type()))?;
    let mut store = S::open(&args.remote)?;
    // Before the prompt for the value: typing it would be for nothing.
    if store.find(&id)?.is_some() {
        return Err(already_exists(&store, &id));
    }
    store.before_value()?;
    let value = NewValue::read_with_docker(&args.docker, &args.value, &store.command("create", &id))?;
    let Some(details) = store.create(&id, &value, args.r#type())? else {
        return Err(already_exists(&store, &id));
    };
    terminal::status(&format!("Created secret {id}{}{details}", store.place()));
    value.print_notes(&id, store.endpoint().is_some());
    store.print_notes(&id)
}

pub(crate) fn update<S: SecretStore>(args: &UpdateSecret) -> Result<(), CommandError> {
    let id = S::id(&args.scope, &args.name, None)?;
    let store = S::open(&args.remote)?;
    let create = format!("create it: {}", store.command("create", &id).with(""));
    let not_found = || not_found(&store, &id, Some(&create));
    let found = store.find(&id)?.ok_or_else(not_found)?;
    store.before_value()?;
    let value = NewValue::read(&args.value, &store.command("update", &id))?;
    let details = store.update(&id, &found, &value)?.ok_or_else(not_found)?;
    terminal::status(&format!("Updated secret {id}{}{details}", store.place()));
    value.print_notes(&id, store.endpoint().is_some());
    Ok(())
}

/// Stores the value of an older version of a local secret as the latest one.
pub(crate) fn restore(args: &UpdateSecret, version: u64) -> Result<(), CommandError> {
    let id = LocalSecrets::id(&args.scope, &args.name, None)?;
    let store = LocalSecrets::open(&args.remote)?;
    let create = format!("create it: {}", store.command("create", &id).with(""));
    store.find(&id)?.ok_or_else(|| not_found(&store, &id, Some(&create)))?;
    store.before_value()?;
    let latest = store.restore(&id, version)?;
    terminal::status(&format!("Restored version {version} of {id} as version {latest}"));
    Ok(())
}

pub(crate) fn delete<S: SecretStore>(args: &DeleteSecret) -> Result<(), CommandError> {
    let id = S::id(&args.scope, &args.name, None)?;
    let store = S::open(&args.remote)?;
    let place = store.place();
    if !args.yes {
        store.find(&id)?.ok_or_else(|| not_found(&store, &id, None))?;
        let without = store.command("delete", &id).with("-y");
        prompt::require_terminal(format!("to continue without it: {without}"))?;
        let all_versions = if store.endpoint().is_some() { "" } else { " and all its versions" };
        if !prompt::confirm(&format!("Delete secret {id}{all_versions}{place}? This cannot be undone."))? {
            return Err(CommandError::failure(format!("secret {id} was not deleted")));
        }
    }
    if !store.delete(&id)? {
        return Err(not_found(&store, &id, None));
    }
    terminal::status(&format!("Deleted secret {id}{place}"));
    Ok(())
}

pub(crate) fn get<S: SecretStore>(args: &GetSecret) -> Result<(), CommandError> {
    let id = args.name.as_ref().map(|name| S::id(&args.scope, name, None)).transpose()?;
    args.scope.parse()?;
    let store = S::open_for_list(&args.remote)?;
    let rows = match (store.list(args)?, &id) {
        (Some(rows), _) => rows,
        (None, Some(id)) => return Err(not_found(&store, id, None)),
        (None, None) => Vec::new(),
    };
    let remote = if store.endpoint().is_some() { " --remote" } else { "" };
    let empty = format!("No secrets found{}", store.place());
    listing::print(&rows, args.output, &empty, &format!("create one: sealkit create secret NAME{remote}"))
}

fn already_exists<S: SecretStore>(store: &S, id: &S::Id) -> CommandError {
    CommandError::failure(format!("secret {id} already exists{}", store.place()))
        .with_hint(format!("give it a new value: {}", store.command("update", id).with("")))
}

/// Returns the error for a secret that does not exist.
///
/// The hint suggests the same name in another group or scope, or else a similar name, and to `create` the secret.
fn not_found<S: SecretStore>(store: &S, id: &S::Id, create: Option<&str>) -> CommandError {
    let known = store.known(id);
    let same_name = known.iter().find(|other| other.key() == id.key());
    let siblings = known.iter().filter(|other| other.is_sibling(id));
    let similar = match same_name {
        Some(other) => Some(other.arguments()),
        None => nearest(id.key(), siblings.map(Selection::key)).map(str::to_owned),
    };
    let remote = if store.endpoint().is_some() { " --remote" } else { "" };
    let place = store.endpoint().map(|endpoint| format!(" on `{endpoint}`")).unwrap_or_default();
    CommandError::failure(format!("secret {id} not found{place}")).with_hint(match (similar, create) {
        (Some(similar), Some(create)) => format!("did you mean `{similar}`? otherwise {create}"),
        (Some(similar), None) => format!("did you mean `{similar}`?"),
        (None, Some(create)) => create.to_owned(),
        (None, None) => format!("list the secrets: sealkit get secret{remote}"),
    })
}
