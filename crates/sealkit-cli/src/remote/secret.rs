//! `create`, `get`, `update` and `delete secret --remote`.

use std::{borrow::Cow, time::SystemTime};

use humantime::format_rfc3339_seconds;
use sealkit_names::nearest;
use sealkit_remote::{
    Client, ErrorKind, NewSecret, Payload, Scope, SecretId, SecretInfo, SecretPresence, SecretType,
};
use serde::Serialize;

use super::{Cluster, shown};
use crate::{
    arguments::{
        CreateSecret, DeleteSecret, GetSecret, HomeArguments, OutputArgument, TypeArgument, UpdateSecret,
    },
    fault::Fault,
    prompt,
    secret::{Command, must_be_asked},
    table, terminal,
    value::Given,
};

pub(crate) fn create(what: &CreateSecret) -> Result<(), Fault> {
    let local = what.home.id(&what.name)?;
    let id = id(&what.home, &what.name)?;
    let is_image_pull = matches!(what.r#type(), TypeArgument::ImagePull);
    if is_image_pull && id.scope != Scope::default() {
        return Err(Fault::usage("what pulls images belongs to no domain and no project of a cluster")
            .with_hint("leave out --domain and --project"));
    }
    let cluster = Cluster::open(&what.remote.cluster)?;
    // A person must not type a value in vain.
    match cluster.wait(cluster.client.secret(&id)) {
        Ok(_) => return Err(already(&id, &cluster.client)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let command = Command { verb: "create", id: &local, is_remote: true };
    say_where(&cluster);
    let given = Given::take_docker(&what.docker, &what.value, &command)?;
    let r#type = if is_image_pull { SecretType::ImagePull } else { SecretType::Generic };
    let new = NewSecret { value: payload(&given), r#type };
    match cluster.wait(cluster.client.create_secret(&id, &new)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(already(&id, &cluster.client));
        }
        other => other?,
    }
    terminal::done(&format!("Created secret {id} on {}", cluster.client.config().endpoint));
    given.notes(&local);
    Ok(())
}

pub(crate) fn update(what: &UpdateSecret) -> Result<(), Fault> {
    let local = what.home.id(&what.name)?;
    let id = id(&what.home, &what.name)?;
    let cluster = Cluster::open(&what.remote.cluster)?;
    let known = cluster.wait(cluster.client.secret(&id)).map_err(|error| missing(&cluster, &id, error))?;
    say_where(&cluster);
    let given = Given::take(&what.value, &Command { verb: "update", id: &local, is_remote: true })?;
    let new = NewSecret { value: payload(&given), r#type: known.r#type };
    let updated = cluster.wait(cluster.client.update_secret(&id, &new));
    updated.map_err(|error| missing(&cluster, &id, error))?;
    terminal::done(&format!("Updated secret {id} on {}", cluster.client.config().endpoint));
    given.notes(&local);
    Ok(())
}

/// Whoever types a value should know who gets it: the directory may have a configuration of its own.
fn say_where(cluster: &Cluster) {
    if terminal::input_is_typed() {
        let config = cluster.client.config();
        terminal::note(&format!("the cluster is {}, of {}", config.endpoint, config.origin));
    }
}

pub(crate) fn delete(what: &DeleteSecret) -> Result<(), Fault> {
    let local = what.home.id(&what.name)?;
    let id = id(&what.home, &what.name)?;
    let cluster = Cluster::open(&what.remote.cluster)?;
    let endpoint = &cluster.client.config().endpoint;
    if !what.yes {
        must_be_asked(&Command { verb: "delete", id: &local, is_remote: true })?;
        let known = cluster.wait(cluster.client.secret(&id));
        known.map_err(|error| missing(&cluster, &id, error))?;
        if !prompt::confirm(&format!("Delete secret {id} on {endpoint}?"))? {
            return Err(Fault::failure(format!("secret {id} was not deleted")));
        }
    }
    let deleted = cluster.wait(cluster.client.delete_secret(&id));
    deleted.map_err(|error| missing(&cluster, &id, error))?;
    terminal::done(&format!("Deleted secret {id} on {endpoint}"));
    Ok(())
}

pub(crate) fn get(what: &GetSecret) -> Result<(), Fault> {
    let asked = what.name.as_deref().map(|name| id(&what.home, name)).transpose()?;
    let scope = scope(&what.home)?;
    let cluster = Cluster::open(&what.remote.cluster)?;
    let found = match &asked {
        Some(id) => {
            let found = cluster.wait(cluster.client.secret(id));
            vec![found.map_err(|error| missing(&cluster, id, error))?]
        }
        None => cluster.wait(cluster.client.list_secrets(&scope))?,
    };
    if found.is_empty() && matches!(what.output, OutputArgument::Table) {
        terminal::done(&format!("No secrets found on {}", cluster.client.config().endpoint));
        terminal::hint("sealkit create secret NAME --remote");
        return Ok(());
    }
    match what.output {
        OutputArgument::Table => terminal::data(&table(&found)),
        OutputArgument::Name => {
            terminal::data(&found.iter().map(|secret| shown(&secret.id.name) + "\n").collect::<String>())
        }
        OutputArgument::Json => {
            let rows: Vec<Row<'_>> = found.iter().map(Row::of).collect();
            let json = serde_json::to_string_pretty(&rows);
            terminal::data(&(json.map_err(|error| Fault::failure(error.to_string()))? + "\n"))
        }
    }
}

/// A cluster knows a secret by its name and where it is valid; a group is the business of other injectors.
fn id(home: &HomeArguments, name: &str) -> Result<SecretId, Fault> {
    let checked = home.id(name)?;
    if checked.group().is_some() {
        return Err(Fault::usage("a secret of a cluster has no group").with_hint(
            "leave out --group: Flyte 2 finds a secret by its key, whatever group a task asks for it in",
        ));
    }
    Ok(SecretId { name: name.to_owned(), scope: scope(home)? })
}

fn scope(home: &HomeArguments) -> Result<Scope, Fault> {
    let scope = home.scope()?;
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    Ok(Scope { domain: text(scope.domain()), project: text(scope.project()) })
}

fn payload(given: &Given) -> Payload<'_> {
    match given.text() {
        Some(text) => Payload::Text(text),
        None => Payload::Bytes(given.bytes()),
    }
}

fn already(id: &SecretId, client: &Client) -> Fault {
    Fault::failure(format!("secret {id} exists already on {}", client.config().endpoint))
        .with_hint(format!("give it a new value: sealkit update secret {} --remote", arguments(id)))
}

/// There is no such secret; perhaps there is one of a similar name.
fn missing(cluster: &Cluster, id: &SecretId, error: sealkit_remote::Error) -> Fault {
    if error.kind() != ErrorKind::NotFound {
        return error.into();
    }
    let known = cluster.wait(cluster.client.list_secrets(&id.scope)).unwrap_or_default();
    let names = known.iter().map(|secret| secret.id.name.as_str());
    let create = format!("sealkit create secret {} --remote", arguments(id));
    Fault::failure(error.to_string()).with_hint(match nearest(&id.name, names) {
        Some(near) => format!("did you mean `{}`? To create it: {create}", shown(near)),
        None => format!("create it: {create}"),
    })
}

/// What names a secret on a command line.
pub(crate) fn arguments(id: &SecretId) -> String {
    let options = [("domain", &id.scope.domain), ("project", &id.scope.project)];
    let options = options.iter().filter(|(_, value)| !value.is_empty());
    let options = options.map(|(name, value)| format!("--{name} {value}"));
    std::iter::once(id.name.clone()).chain(options).collect::<Vec<_>>().join(" ")
}

/// A secret of a cluster, as JSON shows it.
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

/// RFC 3339, as far as it goes.
fn time(time: SystemTime) -> String {
    // The year 9999 is the last one that it knows.
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
        clusters.iter().map(|one| format!("{}: {}", shown(one.name), one.status)).collect();
    // One cluster says no more than all of them.
    let status =
        if clusters.len() > 1 { format!("{status} ({})", clusters.join(", ")) } else { status.to_owned() };
    [
        shown(name).into(),
        domain.map(shown).unwrap_or_default().into(),
        project.map(shown).unwrap_or_default().into(),
        r#type.into(),
        created.unwrap_or_default().into(),
        status.into(),
    ]
}
