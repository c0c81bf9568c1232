//! Secrets on a cluster.

use std::borrow::Cow;

use sealkit_names::rules;
use sealkit_remote::{
    ErrorKind, NewSecret, Payload, Scope, SecretId, SecretInfo, SecretPresence, SecretType, sanitize,
};
use serde::{Serialize, Serializer};

use super::SecretStore;
use crate::{
    arguments::{ClusterArguments, GetSecret, RemoteArguments, ScopeArguments, TypeArgument},
    error::CommandError,
    listing::Row,
    remote::Cluster,
    terminal,
    time::display_time,
    value::NewValue,
};

/// The secrets on a cluster.
pub(crate) struct ClusterSecrets(Cluster);

impl ClusterSecrets {
    /// Connects to the cluster of the command line.
    pub(super) fn at(cluster: &ClusterArguments) -> Result<Self, CommandError> {
        Ok(Self(Cluster::open(cluster)?))
    }
}

impl SecretStore for ClusterSecrets {
    type Id = SecretId;
    type Found = SecretType;
    type Row = SecretRow;

    fn id(scope: &ScopeArguments, name: &str, new: Option<TypeArgument>) -> Result<SecretId, CommandError> {
        if scope.group.is_some() {
            return Err(CommandError::usage("a secret on a cluster cannot have a group").with_hint(
                "leave out --group: Flyte 2 looks up secrets by key and ignores the group in a request",
            ));
        }
        if new.is_some() {
            scope.secret_id(name)?;
        } else {
            rules::check_cluster_key(name).map_err(|error| CommandError::usage(error.message(name)))?;
        }
        let scope = remote_scope(&scope.parse()?);
        if matches!(new, Some(TypeArgument::ImagePull)) && scope != Scope::default() {
            return Err(CommandError::usage(
                "an image pull secret on a cluster cannot have a domain or a project",
            )
            .with_hint("leave out --domain and --project"));
        }
        Ok(SecretId { name: name.to_owned(), scope })
    }

    fn open(remote: &RemoteArguments) -> Result<Self, CommandError> {
        Self::at(&remote.cluster)
    }

    fn endpoint(&self) -> Option<String> {
        Some(self.0.client.config().endpoint.to_string())
    }

    fn find(&self, id: &SecretId) -> Result<Option<SecretType>, CommandError> {
        let found = self.0.wait(self.0.client.secret(id));
        Ok(unless_not_found(found)?.map(|info| info.r#type))
    }

    /// Prints the cluster: the current directory may have a configuration file of its own.
    fn before_value(&self) -> Result<(), CommandError> {
        if terminal::stdin_is_terminal() {
            let config = self.0.client.config();
            terminal::note(&format!("the cluster is {}, from {}", config.endpoint, config.origin));
        }
        Ok(())
    }

    fn create(
        &mut self,
        id: &SecretId,
        value: &NewValue,
        r#type: TypeArgument,
    ) -> Result<Option<String>, CommandError> {
        let r#type = match r#type {
            TypeArgument::ImagePull => SecretType::ImagePull,
            TypeArgument::Generic => SecretType::Generic,
        };
        let new = NewSecret { value: payload(value), r#type };
        match self.0.wait(self.0.client.create_secret(id, &new)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            other => Ok(other.map(|()| Some(String::new()))?),
        }
    }

    fn update(
        &self,
        id: &SecretId,
        r#type: &SecretType,
        value: &NewValue,
    ) -> Result<Option<String>, CommandError> {
        let new = NewSecret { value: payload(value), r#type: *r#type };
        let updated = self.0.wait(self.0.client.update_secret(id, &new));
        Ok(unless_not_found(updated)?.map(|()| String::new()))
    }

    fn delete(&self, id: &SecretId) -> Result<bool, CommandError> {
        let deleted = self.0.wait(self.0.client.delete_secret(id));
        Ok(unless_not_found(deleted)?.is_some())
    }

    fn list(&self, args: &GetSecret) -> Result<Option<Vec<SecretRow>>, CommandError> {
        let found = match &args.name {
            Some(name) => {
                let id = Self::id(&args.scope, name, None)?;
                let found = unless_not_found(self.0.wait(self.0.client.secret(&id)))?;
                found.map(|info| vec![info])
            }
            None => {
                let scope = remote_scope(&args.scope.parse()?);
                Some(self.0.wait(self.0.client.list_secrets(&scope))?)
            }
        };
        Ok(found.map(|found| found.into_iter().map(SecretRow).collect()))
    }

    /// Returns the secrets in this scope whose names are valid.
    fn known(&self, id: &SecretId) -> Vec<SecretId> {
        let found = self.0.wait(self.0.client.list_secrets(&id.scope)).unwrap_or_default();
        let ids = found.into_iter().map(|info| info.id);
        ids.filter(|id| rules::check_cluster_key(&id.name).is_ok()).collect()
    }

    fn print_notes(&self, _: &SecretId) -> Result<(), CommandError> {
        Ok(())
    }
}

/// Returns `None` if the secret does not exist.
fn unless_not_found<T>(result: sealkit_remote::Result<T>) -> Result<Option<T>, CommandError> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => Ok(Some(other?)),
    }
}

fn remote_scope(scope: &sealkit_store::Scope) -> Scope {
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    Scope { domain: text(scope.domain()), project: text(scope.project()) }
}

fn payload(value: &NewValue) -> Payload<'_> {
    match value.text() {
        Some(text) => Payload::Text(text),
        None => Payload::Bytes(value.bytes()),
    }
}

/// A secret on a cluster, as a row.
pub(crate) struct SecretRow(SecretInfo);

/// A secret on a cluster, as JSON.
#[derive(Serialize)]
struct Json<'a> {
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

impl<'a> Json<'a> {
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
            created: created.map(display_time),
            status: presence.as_str(),
            clusters: clusters.iter().map(cluster).collect(),
        }
    }
}

impl Serialize for SecretRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json::of(&self.0).serialize(serializer)
    }
}

impl Row for SecretRow {
    const TITLES: &'static [&'static str] = &["NAME", "DOMAIN", "PROJECT", "TYPE", "CREATED", "STATUS"];

    fn name(&self) -> String {
        sanitize(&self.0.id.name)
    }

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let Json { name, domain, project, r#type, created, status, clusters } = Json::of(&self.0);
        let clusters: Vec<String> =
            clusters.iter().map(|one| format!("{}: {}", sanitize(one.name), one.status)).collect();
        // The status of a single cluster is that of all.
        let status = if clusters.len() > 1 {
            format!("{status} ({})", clusters.join(", "))
        } else {
            status.to_owned()
        };
        vec![
            sanitize(name).into(),
            domain.map(sanitize).unwrap_or_default().into(),
            project.map(sanitize).unwrap_or_default().into(),
            r#type.into(),
            created.unwrap_or_default().into(),
            status.into(),
        ]
    }
}
