//! `create`, `get`, `update` and `delete secret --remote`.

use std::{borrow::Cow, time::SystemTime};

use humantime::format_rfc3339_seconds;
use sealkit_names::nearest;
use sealkit_remote::{
    Client, ErrorKind, NewSecret, Payload, Scope, SecretId, SecretInfo, SecretPresence, SecretType, sanitize,
};
use serde::Serialize;

use super::Cluster;
use crate::{
    arguments::{
        CreateSecret, DeleteSecret, GetSecret, OutputArgument, ScopeArguments, TypeArgument, UpdateSecret,
    },
    command_line::CommandLine,
    error::CommandError,
    prompt,
    secret::require_terminal,
    table, terminal,
    value::NewValue,
};

pub(crate) fn create(args: &CreateSecret) -> Result<(), CommandError> {
    let local = args.scope.secret_id(&args.name)?;
    let id = id(&args.scope, &args.name)?;
    let is_image_pull = matches!(args.r#type(), TypeArgument::ImagePull);
    if is_image_pull && id.scope != Scope::default() {
        return Err(CommandError::usage(
            "an image pull secret on a cluster cannot have a domain or a project",
        )
        .with_hint("leave out --domain and --project"));
    }
    let cluster = Cluster::open(&args.remote.cluster)?;
    // Before the prompt for the value: typing it would be for nothing.
    match cluster.wait(cluster.client.secret(&id)) {
        Ok(_) => return Err(already_exists(&id, &cluster.client)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let command = CommandLine { verb: "create", id: &local, is_remote: true };
    print_destination(&cluster);
    let value = NewValue::read_with_docker(&args.docker, &args.value, &command)?;
    let r#type = if is_image_pull { SecretType::ImagePull } else { SecretType::Generic };
    let new = NewSecret { value: payload(&value), r#type };
    match cluster.wait(cluster.client.create_secret(&id, &new)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(already_exists(&id, &cluster.client));
        }
        other => other?,
    }
    terminal::status(&format!("Created secret {id} on {}", cluster.client.config().endpoint));
    value.print_notes(&local);
    Ok(())
}

pub(crate) fn update(args: &UpdateSecret) -> Result<(), CommandError> {
    let local = args.scope.secret_id(&args.name)?;
    let id = id(&args.scope, &args.name)?;
    let cluster = Cluster::open(&args.remote.cluster)?;
    let create = format!("create it: sealkit create secret {} --remote", arguments(&id));
    let not_found = |error| not_found(&cluster, &id, error, Some(&create));
    let known = cluster.wait(cluster.client.secret(&id)).map_err(not_found)?;
    print_destination(&cluster);
    let value = NewValue::read(&args.value, &CommandLine { verb: "update", id: &local, is_remote: true })?;
    let new = NewSecret { value: payload(&value), r#type: known.r#type };
    let updated = cluster.wait(cluster.client.update_secret(&id, &new));
    updated.map_err(not_found)?;
    terminal::status(&format!("Updated secret {id} on {}", cluster.client.config().endpoint));
    value.print_notes(&local);
    Ok(())
}

/// Prints the endpoint before the prompt for a value: the current directory may have a configuration file of its own.
fn print_destination(cluster: &Cluster) {
    if terminal::stdin_is_terminal() {
        let config = cluster.client.config();
        terminal::note(&format!("the cluster is {}, from {}", config.endpoint, config.origin));
    }
}

pub(crate) fn delete(args: &DeleteSecret) -> Result<(), CommandError> {
    let local = args.scope.secret_id(&args.name)?;
    let id = id(&args.scope, &args.name)?;
    let cluster = Cluster::open(&args.remote.cluster)?;
    let endpoint = &cluster.client.config().endpoint;
    if !args.yes {
        require_terminal(&CommandLine { verb: "delete", id: &local, is_remote: true })?;
        let known = cluster.wait(cluster.client.secret(&id));
        known.map_err(|error| not_found(&cluster, &id, error, None))?;
        if !prompt::confirm(&format!("Delete secret {id} on {endpoint}? This cannot be undone."))? {
            return Err(CommandError::failure(format!("secret {id} was not deleted")));
        }
    }
    let deleted = cluster.wait(cluster.client.delete_secret(&id));
    deleted.map_err(|error| not_found(&cluster, &id, error, None))?;
    terminal::status(&format!("Deleted secret {id} on {endpoint}"));
    Ok(())
}

pub(crate) fn get(args: &GetSecret) -> Result<(), CommandError> {
    let id = args.name.as_deref().map(|name| id(&args.scope, name)).transpose()?;
    let scope = scope(&args.scope)?;
    let cluster = Cluster::open(&args.remote.cluster)?;
    let found = match &id {
        Some(id) => {
            let found = cluster.wait(cluster.client.secret(id));
            vec![found.map_err(|error| not_found(&cluster, id, error, None))?]
        }
        None => cluster.wait(cluster.client.list_secrets(&scope))?,
    };
    if found.is_empty() && matches!(args.output, OutputArgument::Table) {
        terminal::status(&format!("No secrets found on {}", cluster.client.config().endpoint));
        terminal::hint("create one: sealkit create secret NAME --remote");
        return Ok(());
    }
    match args.output {
        OutputArgument::Table => terminal::print(&table(&found)),
        OutputArgument::Name => {
            terminal::print(&found.iter().map(|secret| sanitize(&secret.id.name) + "\n").collect::<String>())
        }
        OutputArgument::Json => {
            let rows: Vec<Row<'_>> = found.iter().map(Row::of).collect();
            let json = serde_json::to_string_pretty(&rows);
            terminal::print(&(json.map_err(|error| CommandError::failure(error.to_string()))? + "\n"))
        }
    }
}

/// Returns the id of a secret on the cluster, which has no groups.
fn id(args: &ScopeArguments, name: &str) -> Result<SecretId, CommandError> {
    let checked = args.secret_id(name)?;
    if checked.group().is_some() {
        return Err(CommandError::usage("a secret on a cluster cannot have a group").with_hint(
            "leave out --group: Flyte 2 looks up secrets by key and ignores the group in a request",
        ));
    }
    Ok(SecretId { name: name.to_owned(), scope: scope(args)? })
}

fn scope(args: &ScopeArguments) -> Result<Scope, CommandError> {
    let scope = args.parse()?;
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    Ok(Scope { domain: text(scope.domain()), project: text(scope.project()) })
}

fn payload(value: &NewValue) -> Payload<'_> {
    match value.text() {
        Some(text) => Payload::Text(text),
        None => Payload::Bytes(value.bytes()),
    }
}

fn already_exists(id: &SecretId, client: &Client) -> CommandError {
    CommandError::failure(format!("secret {id} already exists on {}", client.config().endpoint))
        .with_hint(format!("give it a new value: sealkit update secret {} --remote", arguments(id)))
}

/// Returns the error for a request about a secret. If the secret does not exist, the hint suggests a similar name and
/// to `create` the secret.
fn not_found(
    cluster: &Cluster,
    id: &SecretId,
    error: sealkit_remote::Error,
    create: Option<&str>,
) -> CommandError {
    if error.kind() != ErrorKind::NotFound {
        return error.into();
    }
    let known = cluster.wait(cluster.client.list_secrets(&id.scope)).unwrap_or_default();
    let names = known.iter().map(|secret| secret.id.name.as_str());
    let similar = nearest(&id.name, names).map(sanitize);
    CommandError::failure(error.to_string()).with_hint(match (similar, create) {
        (Some(similar), Some(create)) => format!("did you mean `{similar}`? otherwise {create}"),
        (Some(similar), None) => format!("did you mean `{similar}`?"),
        (None, Some(create)) => create.to_owned(),
        (None, None) => "list the secrets: sealkit get secret --remote".to_owned(),
    })
}

/// Returns the arguments that name a secret on a command line.
pub(crate) fn arguments(id: &SecretId) -> String {
    let options = [("domain", &id.scope.domain), ("project", &id.scope.project)];
    let options = options.iter().filter(|(_, value)| !value.is_empty());
    let options = options.map(|(name, value)| format!("--{name} {value}"));
    std::iter::once(id.name.clone()).chain(options).collect::<Vec<_>>().join(" ")
}

/// A secret on a cluster, as a row of the table and as JSON.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    domain: Option<&'a str>,
    project: Option<&'a str>,
    r#type: &'a str,
    created: Option<String>,
    status: &'a str,
    clusters: Vec<ClusterRow<'a>>,
}

#[derive(Serialize)]
struct ClusterRow<'a> {
    name: &'a str,
    status: &'a str,
}

impl<'a> Row<'a> {
    fn of(SecretInfo { id, r#type, created, presence, clusters }: &'a SecretInfo) -> Self {
        let some = |text: &'a String| Some(text.as_str()).filter(|text| !text.is_empty());
        let cluster =
            |(name, presence): &'a (String, SecretPresence)| ClusterRow { name, status: presence.as_str() };
        Self {
            name: &id.name,
            domain: some(&id.scope.domain),
            project: some(&id.scope.project),
            r#type: match r#type {
                SecretType::ImagePull => "image-pull",
                _ => "generic",
            },
            created: created.map(time),
            status: presence.as_str(),
            clusters: clusters.iter().map(cluster).collect(),
        }
    }
}

/// Formats a time as RFC 3339, or as `unknown` if that is not possible.
fn time(time: SystemTime) -> String {
    // The end of the year 9999.
    let latest = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(253_402_300_799);
    if time < SystemTime::UNIX_EPOCH || time > latest {
        return "unknown".to_owned();
    }
    format_rfc3339_seconds(time).to_string()
}

fn table(secrets: &[SecretInfo]) -> String {
    let titles = ["NAME", "DOMAIN", "PROJECT", "TYPE", "CREATED", "STATUS"];
    table::columns(titles, secrets.iter().map(cells), terminal::width())
}

fn cells(secret: &SecretInfo) -> [Cow<'_, str>; 6] {
    let Row { name, domain, project, r#type, created, status, clusters } = Row::of(secret);
    let clusters: Vec<String> =
        clusters.iter().map(|one| format!("{}: {}", sanitize(one.name), one.status)).collect();
    // The status of a single cluster is that of all.
    let status =
        if clusters.len() > 1 { format!("{status} ({})", clusters.join(", ")) } else { status.to_owned() };
    [
        sanitize(name).into(),
        domain.map(sanitize).unwrap_or_default().into(),
        project.map(sanitize).unwrap_or_default().into(),
        r#type.into(),
        created.unwrap_or_default().into(),
        status.into(),
    ]
}
