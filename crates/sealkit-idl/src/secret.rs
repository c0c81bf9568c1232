//! Package `flyteidl2.secret`: the secrets of a cluster. Clients can write values, but not read them.
//!
//! Union 1 uses the same messages in package `cloudidl.secret`.

use std::{collections::BTreeMap, fmt};

use prost_types::Timestamp;
use zeroize::Zeroize as _;

use crate::common::ClusterIdentifier;

/// The identifier of a secret.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct SecretIdentifier {
    /// The name. It should match `^[-a-zA-Z0-9_]+$`, but open-source Flyte does not validate it.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The organization. Open-source Flyte ignores it.
    #[prost(string, tag = "2")]
    pub organization: String,
    /// The domain. Empty if the secret is valid in all domains.
    #[prost(string, tag = "3")]
    pub domain: String,
    /// The project. Empty if the secret is valid in all projects of the domain.
    #[prost(string, tag = "4")]
    pub project: String,
}

/// The value and type of a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct SecretSpec {
    /// The value.
    #[prost(oneof = "SecretValue", tags = "1, 2")]
    pub value: Option<SecretValue>,
    /// The type.
    #[prost(enumeration = "SecretType", tag = "3")]
    pub r#type: i32,
}

/// Zeroizes the value.
impl Drop for SecretSpec {
    fn drop(&mut self) {
        match &mut self.value {
            Some(SecretValue::StringValue(text)) => text.zeroize(),
            Some(SecretValue::BinaryValue(bytes)) => bytes.zeroize(),
            None => {}
        }
    }
}

/// Shows the type, never the value.
impl fmt::Debug for SecretSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSpec").field("type", &self.r#type()).finish_non_exhaustive()
    }
}

/// The value of a secret.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
#[prost(skip_debug)]
pub enum SecretValue {
    /// Text.
    #[prost(string, tag = "1")]
    StringValue(String),
    /// Bytes.
    #[prost(bytes = "vec", tag = "2")]
    BinaryValue(Vec<u8>),
}

/// Never shows the value.
impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

/// The type of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SecretType {
    /// A secret that tasks read.
    Generic = 0,
    /// Credentials for a container registry.
    ImagePullSecret = 1,
}

/// A secret without its value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Secret {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
    /// The metadata.
    #[prost(message, optional, tag = "2")]
    pub secret_metadata: Option<SecretMetadata>,
}

/// The metadata of a secret.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SecretMetadata {
    /// The time of creation.
    #[prost(message, optional, tag = "1")]
    pub created_time: Option<Timestamp>,
    /// The status.
    #[prost(message, optional, tag = "2")]
    pub secret_status: Option<SecretStatus>,
    /// The type.
    #[prost(enumeration = "SecretType", tag = "3")]
    pub r#type: i32,
}

/// The clusters that have a secret.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SecretStatus {
    /// Whether all clusters have the secret.
    #[prost(enumeration = "OverallStatus", tag = "1")]
    pub overall_status: i32,
    /// The status of each cluster.
    #[prost(message, repeated, tag = "2")]
    pub cluster_status: Vec<ClusterSecretStatus>,
}

/// Whether all clusters have a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum OverallStatus {
    /// Unspecified.
    Unspecified = 0,
    /// Some clusters have the secret.
    PartiallyPresent = 1,
    /// All clusters have the secret.
    FullyPresent = 2,
    /// The status is unknown.
    UnknownStatus = 3,
}

/// The status of a secret in one cluster.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterSecretStatus {
    /// The cluster.
    #[prost(message, optional, tag = "1")]
    pub cluster: Option<ClusterIdentifier>,
    /// Whether it has the secret.
    #[prost(enumeration = "PresenceStatus", tag = "2")]
    pub presence_status: i32,
}

/// Whether a cluster has a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum PresenceStatus {
    /// The status is unknown.
    Unknown = 0,
    /// The cluster does not have the secret.
    Missing = 1,
    /// The cluster has the secret.
    Present = 2,
}

/// The request to create a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CreateSecretRequest {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
    /// The value and type.
    #[prost(message, optional, tag = "2")]
    pub secret_spec: Option<SecretSpec>,
}

/// The request to update a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct UpdateSecretRequest {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
    /// The value and type.
    #[prost(message, optional, tag = "2")]
    pub secret_spec: Option<SecretSpec>,
}

/// The request to get a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetSecretRequest {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
}

/// The response to [`GetSecretRequest`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetSecretResponse {
    /// The secret.
    #[prost(message, optional, tag = "1")]
    pub secret: Option<Secret>,
}

/// The request to delete a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DeleteSecretRequest {
    /// The identifier.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
}

/// The request to list a page of secrets.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListSecretsRequest {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The domain. Empty for all domains.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// The project of the domain. Empty for all projects.
    #[prost(string, tag = "3")]
    pub project: String,
    /// The maximum number of secrets of the page. 0 is no limit.
    #[prost(int32, tag = "4")]
    pub limit: i32,
    /// The page token of the previous response. Empty for the first page.
    #[prost(string, tag = "5")]
    pub token: String,
    /// The page token of each cluster, if there are several clusters.
    #[prost(btree_map = "string, string", tag = "6")]
    pub per_cluster_tokens: BTreeMap<String, String>,
}

/// A page of secrets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListSecretsResponse {
    /// The secrets.
    #[prost(message, repeated, tag = "1")]
    pub secrets: Vec<Secret>,
    /// The token of the next page. Empty if this is the last page.
    #[prost(string, tag = "2")]
    pub token: String,
    /// The page token of each cluster, if there are several clusters.
    #[prost(btree_map = "string, string", tag = "3")]
    pub per_cluster_tokens: BTreeMap<String, String>,
}
