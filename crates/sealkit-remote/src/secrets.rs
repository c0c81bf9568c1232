//! Manages the secrets of a cluster. A cluster never returns their values.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use sealkit_idl::{
    cluster::{Operation, Resource},
    common::{DomainIdentifier, OrgIdentifier, ProjectIdentifier},
    secret as idl, service,
};
use tonic::Code;

use crate::{
    client::{Client, Route},
    error::{Error, ErrorKind, Result},
    method::Method,
    rpc_error::RpcError,
};

/// The number of secrets to request per page.
const PAGE_SIZE: i32 = 100;

/// The largest list of secrets to accept. A server that sends more is broken.
const MAX_SECRETS: usize = 100_000;

/// Identifies a secret of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretId {
    /// The name.
    pub name: String,
    /// The scope.
    pub scope: Scope,
}

/// The scope of a secret: where it is valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The domain, or an empty string for all domains.
    pub domain: String,
    /// The project of the domain, or an empty string for all projects.
    pub project: String,
}

/// A new value of a secret.
#[derive(Debug)]
pub struct NewSecret<'a> {
    /// The value.
    pub value: Payload<'a>,
    /// The type.
    pub r#type: SecretType,
}

/// The value of a secret. Its `Debug` output is redacted.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// The type of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretType {
    /// A secret that tasks read.
    Generic,
    /// The credentials of a container registry.
    ImagePull,
}

/// The metadata of a secret. Names come from the server: they may contain control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretInfo {
    /// The identifier.
    pub id: SecretId,
    /// The type.
    pub r#type: SecretType,
    /// The creation time.
    pub created: Option<SystemTime>,
    /// Whether the secret is present, over all clusters.
    pub presence: SecretPresence,
    /// Whether the secret is present, by name of the cluster.
    pub clusters: Vec<(String, SecretPresence)>,
}

/// Whether a secret is present on the clusters of its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretPresence {
    /// The secret is present.
    Present,
    /// The secret is present on some clusters only.
    Partial,
    /// The secret is missing.
    Missing,
    /// The cluster does not report it.
    Unknown,
}

impl SecretPresence {
    /// Returns the label of the state, such as `present`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Partial => "partly present",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

impl Client {
    /// Creates a secret.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::AlreadyExists`] if the secret exists, or another error if the call fails.
    pub async fn create_secret(&self, id: &SecretId, new: &NewSecret<'_>) -> Result<()> {
        let request = idl::CreateSecretRequest { id: Some(self.id(id)), secret_spec: Some(spec(new)) };
        let outcome = self.call_secret_service(&id.scope, "CreateSecret", false, &request).await;
        outcome.map(|_: service::Empty| ()).map_err(|error| self.secret_error(id, error))
    }

    /// Replaces the value of a secret.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the secret does not exist, or another error if the call fails.
    pub async fn update_secret(&self, id: &SecretId, new: &NewSecret<'_>) -> Result<()> {
        let request = idl::UpdateSecretRequest { id: Some(self.id(id)), secret_spec: Some(spec(new)) };
        let outcome = self.call_secret_service(&id.scope, "UpdateSecret", true, &request).await;
        outcome.map(|_: service::Empty| ()).map_err(|error| self.secret_error(id, error))
    }

    /// Deletes a secret.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the secret does not exist, or another error if the call fails.
    pub async fn delete_secret(&self, id: &SecretId) -> Result<()> {
        let request = idl::DeleteSecretRequest { id: Some(self.id(id)) };
        match self.call_secret_service::<_, service::Empty>(&id.scope, "DeleteSecret", true, &request).await {
            // An earlier attempt has deleted the secret, and its response was lost.
            Err(error) if error.code() == Code::NotFound && error.was_retried => Ok(()),
            other => other.map(|_| ()).map_err(|error| self.secret_error(id, error)),
        }
    }

    /// Returns the metadata of a secret.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the secret does not exist, or another error if the call fails.
    pub async fn secret(&self, id: &SecretId) -> Result<SecretInfo> {
        let request = idl::GetSecretRequest { id: Some(self.id(id)) };
        let outcome = self.call_secret_service(&id.scope, "GetSecret", true, &request).await;
        let response: idl::GetSecretResponse = outcome.map_err(|error| self.secret_error(id, error))?;
        Ok(info(response.secret.unwrap_or_default()))
    }

    /// Lists the secrets of a scope and the scopes below it, sorted by name, domain and project.
    ///
    /// # Errors
    ///
    /// Returns an error if a call fails, or the list does not end.
    pub async fn list_secrets(&self, scope: &Scope) -> Result<Vec<SecretInfo>> {
        let mut request = idl::ListSecretsRequest {
            organization: self.org().to_owned(),
            domain: scope.domain.clone(),
            project: scope.project.clone(),
            limit: PAGE_SIZE,
            ..Default::default()
        };
        let mut secrets = Vec::new();
        loop {
            let page = self.call_secret_service(scope, "ListSecrets", true, &request).await;
            let page: idl::ListSecretsResponse = page?;
            if secrets.len() + page.secrets.len() > MAX_SECRETS {
                return Err(self.endless_list());
            }
            secrets.extend(page.secrets.into_iter().map(info));
            let is_last = page.token.is_empty() && page.per_cluster_tokens.values().all(String::is_empty);
            if is_last {
                secrets.sort_by(|a, b| a.id.cmp(&b.id));
                return Ok(secrets);
            }
            let is_same = |old: &str, new: &str, olds: &BTreeMap<_, _>, news: &BTreeMap<_, _>| {
                old == new && olds == news
            };
            let (token, tokens) = (page.token, page.per_cluster_tokens);
            if is_same(&request.token, &token, &request.per_cluster_tokens, &tokens) {
                return Err(self.endless_list());
            }
            (request.token, request.per_cluster_tokens) = (token, tokens);
        }
    }

    /// Calls a method of the secret service, or of Union 1's service of another name.
    async fn call_secret_service<Q, A>(
        &self,
        scope: &Scope,
        name: &'static str,
        is_idempotent: bool,
        request: &Q,
    ) -> Result<A, RpcError>
    where
        Q: sealkit_idl::prost::Message + Clone + 'static,
        A: sealkit_idl::prost::Message + Default + 'static,
    {
        let method = Method { service: service::SECRET, name, is_idempotent };
        let route = self.secret_route(scope).await?;
        match route.call(method, request).await {
            Err(error) if error.is_unimplemented() => {
                // Union 1 has the same messages, but another service name.
                let method = Method { service: service::UNION_SECRET, ..method };
                route.call(method, request).await.map_err(|second| {
                    // If the server supports neither service, report that of Flyte 2.
                    if second.is_unimplemented() { error } else { second }
                })
            }
            other => other,
        }
    }

    async fn secret_route(&self, Scope { domain, project }: &Scope) -> Result<Route<'_>, RpcError> {
        let org = self.org().to_owned();
        let resource = match (domain.is_empty(), project.is_empty()) {
            (true, _) => Resource::OrgId(OrgIdentifier { name: org }),
            (false, true) => Resource::DomainId(DomainIdentifier { organization: org, name: domain.clone() }),
            (false, false) => Resource::ProjectId(ProjectIdentifier {
                organization: org,
                domain: domain.clone(),
                name: project.clone(),
            }),
        };
        self.route(Operation::UseSecrets, resource).await
    }

    fn id(&self, id: &SecretId) -> idl::SecretIdentifier {
        idl::SecretIdentifier {
            name: id.name.clone(),
            organization: self.org().to_owned(),
            domain: id.scope.domain.clone(),
            project: id.scope.project.clone(),
        }
    }

    fn endless_list(&self) -> Error {
        let message =
            format!("cannot list the secrets of `{}`: the list does not end", self.config().endpoint);
        Error::new(ErrorKind::Server, message)
            .with_hint("list one domain or project: --domain DOMAIN --project PROJECT")
    }

    /// Converts the error of a call, naming the secret if it does not exist or already exists.
    fn secret_error(&self, id: &SecretId, error: RpcError) -> Error {
        let endpoint = &self.config().endpoint;
        match error.code() {
            Code::NotFound => {
                Error::new(ErrorKind::NotFound, format!("secret {id} not found on `{endpoint}`"))
            }
            Code::AlreadyExists => {
                Error::new(ErrorKind::AlreadyExists, format!("secret {id} already exists on `{endpoint}`"))
            }
            _ => error.into(),
        }
    }
}

/// Displays the secret as in messages: `` `token` in project `p` of domain `d` ``.
impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        match (&*self.scope.domain, &*self.scope.project) {
            ("", _) => Ok(()),
            (domain, "") => write!(f, " in domain `{domain}`"),
            (domain, project) => write!(f, " in project `{project}` of domain `{domain}`"),
        }
    }
}

fn spec(new: &NewSecret<'_>) -> idl::SecretSpec {
    let value = match new.value {
        Payload::Text(text) => idl::SecretValue::StringValue(text.to_owned()),
        Payload::Bytes(bytes) => idl::SecretValue::BinaryValue(bytes.to_vec()),
    };
    let r#type = match new.r#type {
        SecretType::Generic => idl::SecretType::Generic,
        SecretType::ImagePull => idl::SecretType::ImagePullSecret,
    };
    idl::SecretSpec { value: Some(value), r#type: r#type.into() }
}

fn info(secret: idl::Secret) -> SecretInfo {
    let id = secret.id.unwrap_or_default();
    let metadata = secret.secret_metadata.unwrap_or_default();
    let status = metadata.secret_status.clone().unwrap_or_default();
    let clusters = status.cluster_status.iter().map(|status| {
        let name = status.cluster.as_ref().map(|cluster| cluster.name.clone()).unwrap_or_default();
        let presence = match status.presence_status() {
            idl::PresenceStatus::Present => SecretPresence::Present,
            idl::PresenceStatus::Missing => SecretPresence::Missing,
            idl::PresenceStatus::Unknown => SecretPresence::Unknown,
        };
        (name, presence)
    });
    SecretInfo {
        id: SecretId { name: id.name, scope: Scope { domain: id.domain, project: id.project } },
        r#type: match metadata.r#type() {
            idl::SecretType::ImagePullSecret => SecretType::ImagePull,
            idl::SecretType::Generic => SecretType::Generic,
        },
        created: metadata.created_time.and_then(|time| SystemTime::try_from(time).ok()),
        presence: match status.overall_status() {
            idl::OverallStatus::FullyPresent => SecretPresence::Present,
            idl::OverallStatus::PartiallyPresent => SecretPresence::Partial,
            idl::OverallStatus::Unspecified | idl::OverallStatus::UnknownStatus => SecretPresence::Unknown,
        },
        clusters: clusters.collect(),
    }
}
