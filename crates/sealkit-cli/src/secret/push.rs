//! `push secret`: copies secrets of the local store to a cluster.

use sealkit_remote::{SecretId, SecretType};

use super::{ClusterSecrets, LocalSecrets, SecretStore as _, not_found};
use crate::{
    arguments::{PushSecret, TypeArgument},
    error::CommandError,
    prompt, terminal,
    value::NewValue,
};

/// A secret to copy.
struct PendingSecret {
    id: SecretId,
    value: NewValue,
    r#type: TypeArgument,
    /// Its type on the cluster, if the cluster has it.
    found: Option<SecretType>,
}

pub(crate) fn push(args: &PushSecret) -> Result<(), CommandError> {
    let local = LocalSecrets::of_user()?;
    let mut copies: Vec<PendingSecret> = Vec::new();
    // All values are read before one is sent.
    for name in &args.names {
        let stored = args.scope.secret_id(name)?;
        let Some((value, r#type)) = local.read(&stored)? else {
            return Err(not_found(&local, &stored, None));
        };
        let id = ClusterSecrets::id(&args.scope, name, Some(r#type))?;
        if copies.iter().any(|copy| copy.id == id) {
            continue;
        }
        copies.push(PendingSecret { id, value, r#type, found: None });
    }
    let mut cluster = ClusterSecrets::at(&args.cluster)?;
    for copy in &mut copies {
        copy.found = cluster.find(&copy.id)?;
    }
    if !args.yes {
        confirm(&cluster, &copies)?;
    }
    for copy in &copies {
        send(&mut cluster, copy)?;
    }
    Ok(())
}

/// Asks whether to send the secrets.
fn confirm(cluster: &ClusterSecrets, copies: &[PendingSecret]) -> Result<(), CommandError> {
    prompt::require_terminal("to continue without it, add -y")?;
    cluster.before_value()?;
    for PendingSecret { id, found, .. } in copies {
        let replaces = if found.is_some() { " (replaces the value on the cluster)" } else { "" };
        terminal::status(&format!("  {id}{replaces}"));
    }
    let secrets = if copies.len() == 1 { "this secret" } else { "these secrets" };
    if prompt::confirm(&format!("Send {secrets}{}?", cluster.place().replace(" on ", " to ")))? {
        return Ok(());
    }
    Err(CommandError::failure("no secret was sent"))
}

fn send(cluster: &mut ClusterSecrets, copy: &PendingSecret) -> Result<(), CommandError> {
    let PendingSecret { id, value, r#type, found } = copy;
    let (verb, sent) = match found {
        Some(found) => ("Updated", cluster.update(id, found, value)?),
        None => ("Created", cluster.create(id, value, *r#type)?),
    };
    if sent.is_none() {
        let message = format!("secret {id}{} was changed by another program", cluster.place());
        return Err(CommandError::failure(message).with_hint("run the command again"));
    }
    terminal::status(&format!("{verb} secret {id}{}", cluster.place()));
    value.print_notes(id, true);
    Ok(())
}
