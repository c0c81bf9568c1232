//! The check, before a run, that the cluster has the secrets of its tasks.

use std::collections::BTreeSet;

use sealkit_program::Task;
use sealkit_remote::{ErrorKind, Scope, SecretId, TaskDefinition, sanitize};

use super::Cluster;
use crate::{
    error::CommandError,
    secret_lookup::{self, Missing},
    terminal,
};

/// Checks that the secrets of the tasks exist on the cluster: a pod without its secret never starts and is not retried.
///
/// A secret with a group may come from another source, such as a Kubernetes secret or a vault. If the cluster does not
/// have it, this only warns.
pub(super) fn check_secrets(
    cluster: &Cluster,
    tasks: &[&Task],
    project: &str,
    domain: &str,
) -> Result<(), CommandError> {
    let requests = tasks.iter().flat_map(|task| task.secret_requests.iter().map(|request| (*task, request)));
    let missing = missing_secrets(cluster, requests.collect(), project, domain)?;
    let (grouped, missing): (Vec<Missing<'_>>, Vec<Missing<'_>>) =
        missing.into_iter().partition(|(_, request)| request.group.is_some());
    for (task, request) in grouped {
        terminal::warning(&format!(
            "secret `{}` of task `{}` is not stored on the cluster: another source must provide its group",
            request.request(),
            task.name
        ));
    }
    let keys: Vec<&str> = missing.iter().map(|(_, request)| &*request.key).collect();
    require_none_missing(cluster, &secret_lookup::list(&missing), &keys)
}

/// Checks that the secrets of a deployed task exist on the cluster, except for those with a group.
pub(super) fn check_deployed(
    cluster: &Cluster,
    task: &TaskDefinition,
    project: &str,
    domain: &str,
) -> Result<(), CommandError> {
    let keys = task.secrets().filter(|secret| secret.group.is_empty()).map(|secret| &*secret.key);
    let keys: Vec<&str> = missing_keys(cluster, keys, project, domain)?.into_iter().collect();
    let names: Vec<String> = keys.iter().map(|key| format!("`{}`", sanitize(key))).collect();
    require_none_missing(cluster, &names.join(", "), &keys)
}

/// Returns the error for missing secrets, if there are any.
fn require_none_missing(cluster: &Cluster, secrets: &str, keys: &[&str]) -> Result<(), CommandError> {
    let endpoint = &cluster.client.config().endpoint;
    let message = match keys.len() {
        0 => return Ok(()),
        1 => format!("secret {secrets} not found on {endpoint}; nothing was started"),
        count => format!("{count} secrets not found on {endpoint}: {secrets}; nothing was started"),
    };
    let commands: Vec<String> =
        keys.iter().map(|key| format!("sealkit create secret {} --remote", sanitize(key))).collect();
    Err(CommandError::failure(message).with_hint(format!(
        "create the missing secrets: {}; if another source provides them, add --skip-check",
        commands.join("; ")
    )))
}

/// Warns about missing secrets of the `possible` tasks, which a workflow without declared calls may call.
pub(super) fn warn_of_missing(
    cluster: &Cluster,
    task: &Task,
    (required, possible): (&[&Task], &[&Task]),
    project: &str,
    domain: &str,
) -> Result<(), CommandError> {
    let is_checked =
        |key: &str| required.iter().flat_map(|task| &task.secret_requests).any(|request| request.key == key);
    let requests =
        possible.iter().flat_map(|task| task.secret_requests.iter().map(|request| (*task, request)));
    // Another source may provide a secret with a group.
    let requests = requests.filter(|(_, request)| request.group.is_none() && !is_checked(&request.key));
    let missing = missing_secrets(cluster, requests.collect(), project, domain)?;
    secret_lookup::warn_of_missing(task, &missing, &format!(" on {}", cluster.client.config().endpoint));
    Ok(())
}

/// Returns the secrets that the cluster does not store, each once; none if the cluster has no secret service.
fn missing_secrets<'t>(
    cluster: &Cluster,
    requests: Vec<Missing<'t>>,
    project: &str,
    domain: &str,
) -> Result<Vec<Missing<'t>>, CommandError> {
    let requests = secret_lookup::unique(requests);
    let keys = requests.iter().map(|(_, request)| &*request.key);
    let missing = missing_keys(cluster, keys, project, domain)?;
    let is_missing = |(_, request): &Missing<'_>| missing.contains(&*request.key);
    Ok(requests.iter().copied().filter(is_missing).collect())
}

/// Returns the keys that the cluster does not store, each once; none if the cluster has no secret service.
fn missing_keys<'k>(
    cluster: &Cluster,
    keys: impl Iterator<Item = &'k str>,
    project: &str,
    domain: &str,
) -> Result<BTreeSet<&'k str>, CommandError> {
    let mut missing = BTreeSet::new();
    for key in keys.collect::<BTreeSet<_>>() {
        match cluster.wait(secret_exists(cluster, key, project, domain)) {
            Ok(true) => {}
            Ok(false) => drop(missing.insert(key)),
            Err(error) if error.kind() == ErrorKind::Unimplemented => return Ok(BTreeSet::new()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(missing)
}

/// Returns whether the secret exists in the project, in the domain, or globally.
pub(super) async fn secret_exists(
    cluster: &Cluster,
    key: &str,
    project: &str,
    domain: &str,
) -> sealkit_remote::Result<bool> {
    let scopes = [(domain, project), (domain, ""), ("", "")];
    for (domain, project) in scopes {
        let scope = Scope { domain: domain.to_owned(), project: project.to_owned() };
        match cluster.client.secret(&SecretId { name: key.to_owned(), scope }).await {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
