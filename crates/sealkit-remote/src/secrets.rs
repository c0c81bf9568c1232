//! The secrets that a cluster keeps: their names, never their values.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use sealkit_idl::{
    cluster::{Operation, Resource},
    common::{DomainIdentifier, OrgIdentifier, ProjectIdentifier},
    secret as idl, service,
};
use tonic::Code;

use crate::{
    client::{Client, Method, Route},
    error::{Error, ErrorKind, Result},
    refused::Refused,
};

/// As many as the official tools ask for, times five.
const PAGE: i32 = 100;

/// Nobody has more; a server that goes on is broken.
const MOST: usize = 100_000;

/// Which secret of a cluster is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretId {
    /// The name.
    pub name: String,
    /// Where it is valid.
    pub scope: Scope,
}

/// Where a secret is valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// In this domain only; everywhere if it is empty.
    pub domain: String,
    /// In this project of the domain only; in all of it if it is empty.
    pub project: String,
}

/// A value on its way to a cluster.
#[derive(Debug)]
pub struct NewSecret<'a> {
    /// The value.
    pub value: Payload<'a>,
    /// What it is for.
    pub r#type: SecretType,
}

/// A value, never shown.
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

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretType {
    /// Anything that a task reads.
    Generic,
    /// The credentials of a container registry.
    ImagePull,
}

/// What a cluster tells of a secret. Names are the server's: nobody has looked whether a terminal can bear them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretInfo {
    /// Which it is.
    pub id: SecretId,
    /// What it is for.
    pub r#type: SecretType,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// In how many clusters it is.
    pub presence: Presence,
    /// Cluster by cluster.
    pub clusters: Vec<(String, Presence)>,
}

/// Whether a secret is where it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Presence {
    /// It is.
    Present,
    /// In some clusters only.
    Partly,
    /// It is not.
    Missing,
    /// Nobody knows.
    Unknown,
}

impl Presence {
    /// What people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Partly => "partly present",
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
    /// [`ErrorKind::AlreadyExists`], and whatever keeps a call from being answered.
    pub async fn create_secret(&self, id: &SecretId, new: &NewSecret<'_>) -> Result<()> {
        let request = idl::CreateSecretRequest { id: Some(self.id(id)), secret_spec: Some(spec(new)) };
        let outcome = self.secrets(&id.scope, "CreateSecret", false, &request).await;
        outcome.map(|_: service::Empty| ()).map_err(|refused| self.told(id, refused))
    }

    /// Gives a secret a new value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], and whatever keeps a call from being answered.
    pub async fn update_secret(&self, id: &SecretId, new: &NewSecret<'_>) -> Result<()> {
        let request = idl::UpdateSecretRequest { id: Some(self.id(id)), secret_spec: Some(spec(new)) };
        let outcome = self.secrets(&id.scope, "UpdateSecret", true, &request).await;
        outcome.map(|_: service::Empty| ()).map_err(|refused| self.told(id, refused))
    }

    /// Deletes a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], and whatever keeps a call from being answered.
    pub async fn delete_secret(&self, id: &SecretId) -> Result<()> {
        let request = idl::DeleteSecretRequest { id: Some(self.id(id)) };
        match self.secrets::<_, service::Empty>(&id.scope, "DeleteSecret", true, &request).await {
            // A try before has deleted it, and its answer was lost.
            Err(refused) if refused.code() == Code::NotFound && refused.was_tried_again => Ok(()),
            other => other.map(|_| ()).map_err(|refused| self.told(id, refused)),
        }
    }

    /// What the cluster tells of a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], and whatever keeps a call from being answered.
    pub async fn secret(&self, id: &SecretId) -> Result<SecretInfo> {
        let request = idl::GetSecretRequest { id: Some(self.id(id)) };
        let outcome = self.secrets(&id.scope, "GetSecret", true, &request).await;
        let answer: idl::GetSecretResponse = outcome.map_err(|refused| self.told(id, refused))?;
        Ok(info(answer.secret.unwrap_or_default()))
    }

    /// All secrets of a scope and those below it, in the order of the server.
    ///
    /// # Errors
    ///
    /// Whatever keeps a call from being answered, and a server that never comes to an end.
    pub async fn list_secrets(&self, scope: &Scope) -> Result<Vec<SecretInfo>> {
        let mut request = idl::ListSecretsRequest {
            organization: self.org().to_owned(),
            domain: scope.domain.clone(),
            project: scope.project.clone(),
            limit: PAGE,
            ..Default::default()
        };
        let endless = || {
            let message = format!("`{}` goes on listing secrets for ever", self.config().endpoint);
            Error::new(ErrorKind::Server, message)
                .with_hint("ask for one domain or project: --domain DOMAIN --project PROJECT")
        };
        let mut found = Vec::new();
        loop {
            let answer = self.secrets(scope, "ListSecrets", true, &request).await;
            let answer: idl::ListSecretsResponse = answer?;
            if found.len() + answer.secrets.len() > MOST {
                return Err(endless());
            }
            found.extend(answer.secrets.into_iter().map(info));
            let is_last = answer.token.is_empty() && answer.per_cluster_tokens.values().all(String::is_empty);
            if is_last {
                return Ok(found);
            }
            let is_same = |old: &str, new: &str, olds: &BTreeMap<_, _>, news: &BTreeMap<_, _>| {
                old == new && olds == news
            };
            let (token, tokens) = (answer.token, answer.per_cluster_tokens);
            if is_same(&request.token, &token, &request.per_cluster_tokens, &tokens) {
                return Err(endless());
            }
            (request.token, request.per_cluster_tokens) = (token, tokens);
        }
    }

    /// Calls a method of the secret service, where it is and under the name that it has there.
    async fn secrets<Q, A>(
        &self,
        scope: &Scope,
        name: &'static str,
        is_idempotent: bool,
        request: &Q,
    ) -> Result<A, Refused>
    where
        Q: sealkit_idl::prost::Message + Clone + 'static,
        A: sealkit_idl::prost::Message + Default + 'static,
    {
        let method = Method { service: service::SECRET, name, is_idempotent };
        let route = self.secret_route(scope).await?;
        match route.call(method, request).await {
            Err(refused) if refused.is_unimplemented() => {
                // Union 1 has the same messages under another name.
                let method = Method { service: service::UNION_SECRET, ..method };
                route.call(method, request).await.map_err(|second| {
                    // Who knows neither is told of the first.
                    if second.is_unimplemented() { refused } else { second }
                })
            }
            other => other,
        }
    }

    async fn secret_route(&self, Scope { domain, project }: &Scope) -> Result<Route<'_>, Refused> {
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

    /// What the server says of a secret, in the words of this side.
    fn told(&self, id: &SecretId, refused: Refused) -> Error {
        let endpoint = &self.config().endpoint;
        match refused.code() {
            Code::NotFound => {
                Error::new(ErrorKind::NotFound, format!("there is no secret {id} on `{endpoint}`"))
            }
            Code::AlreadyExists => {
                Error::new(ErrorKind::AlreadyExists, format!("secret {id} exists already on `{endpoint}`"))
            }
            _ => refused.into(),
        }
    }
}

/// As in errors: `` `token` in project `p` of domain `d` ``.
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
            idl::PresenceStatus::Present => Presence::Present,
            idl::PresenceStatus::Missing => Presence::Missing,
            idl::PresenceStatus::Unknown => Presence::Unknown,
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
            idl::OverallStatus::FullyPresent => Presence::Present,
            idl::OverallStatus::PartiallyPresent => Presence::Partly,
            idl::OverallStatus::Unspecified | idl::OverallStatus::UnknownStatus => Presence::Unknown,
        },
        clusters: clusters.collect(),
    }
}
