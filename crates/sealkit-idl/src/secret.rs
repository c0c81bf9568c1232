//! Package `flyteidl2.secret`: the secrets that a cluster keeps. Values go in, and never come out.
//!
//! Union 1 speaks the same messages under the package `cloudidl.secret`.

use std::{collections::BTreeMap, fmt};

use prost_types::Timestamp;
use zeroize::Zeroize as _;

use crate::common::ClusterIdentifier;

/// Which secret is meant.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct SecretIdentifier {
    /// The name: `^[-a-zA-Z0-9_]+$`, though open-source Flyte does not look.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The organization; open-source Flyte has one only, and ignores it.
    #[prost(string, tag = "2")]
    pub organization: String,
    /// The domain; empty if the secret is valid in all.
    #[prost(string, tag = "3")]
    pub domain: String,
    /// The project; empty if the secret is valid in all of the domain.
    #[prost(string, tag = "4")]
    pub project: String,
}

/// A value and what it is for.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct SecretSpec {
    /// The value.
    #[prost(oneof = "SecretValue", tags = "1, 2")]
    pub value: Option<SecretValue>,
    /// What it is for.
    #[prost(enumeration = "SecretType", tag = "3")]
    pub r#type: i32,
}

/// The value is wiped.
impl Drop for SecretSpec {
    fn drop(&mut self) {
        match &mut self.value {
            Some(SecretValue::StringValue(text)) => text.zeroize(),
            Some(SecretValue::BinaryValue(bytes)) => bytes.zeroize(),
            None => {}
        }
    }
}

/// Never the value.
impl fmt::Debug for SecretSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSpec").field("type", &self.r#type()).finish_non_exhaustive()
    }
}

/// A value.
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

/// Never the value.
impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SecretType {
    /// Anything that a task reads.
    Generic = 0,
    /// The credentials of a container registry.
    ImagePullSecret = 1,
}

/// A secret, without its value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Secret {
    /// Which it is.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
    /// What is known of it.
    #[prost(message, optional, tag = "2")]
    pub secret_metadata: Option<SecretMetadata>,
}

/// What is known of a secret.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SecretMetadata {
    /// When it was created.
    #[prost(message, optional, tag = "1")]
    pub created_time: Option<Timestamp>,
    /// Where it is.
    #[prost(message, optional, tag = "2")]
    pub secret_status: Option<SecretStatus>,
    /// What it is for.
    #[prost(enumeration = "SecretType", tag = "3")]
    pub r#type: i32,
}

/// Where a secret is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SecretStatus {
    /// Whether it is everywhere.
    #[prost(enumeration = "OverallStatus", tag = "1")]
    pub overall_status: i32,
    /// Cluster by cluster.
    #[prost(message, repeated, tag = "2")]
    pub cluster_status: Vec<ClusterSecretStatus>,
}

/// Whether a secret is everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum OverallStatus {
    /// Not told.
    Unspecified = 0,
    /// In some clusters.
    PartiallyPresent = 1,
    /// In all clusters.
    FullyPresent = 2,
    /// Nobody knows.
    UnknownStatus = 3,
}

/// Whether a cluster has a secret.
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
    /// Nobody knows.
    Unknown = 0,
    /// It has not.
    Missing = 1,
    /// It has.
    Present = 2,
}

/// Asks for a new secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CreateSecretRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
    /// The value.
    #[prost(message, optional, tag = "2")]
    pub secret_spec: Option<SecretSpec>,
}

/// Asks for a new value of a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct UpdateSecretRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
    /// The value.
    #[prost(message, optional, tag = "2")]
    pub secret_spec: Option<SecretSpec>,
}

/// Asks for one secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetSecretRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
}

/// One secret.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetSecretResponse {
    /// It.
    #[prost(message, optional, tag = "1")]
    pub secret: Option<Secret>,
}

/// Asks for the end of a secret.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DeleteSecretRequest {
    /// Which.
    #[prost(message, optional, tag = "1")]
    pub id: Option<SecretIdentifier>,
}

/// Asks for a page of secrets.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListSecretsRequest {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// Only those of this domain.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// Only those of this project of the domain.
    #[prost(string, tag = "3")]
    pub project: String,
    /// How many at most; 0 is no limit.
    #[prost(int32, tag = "4")]
    pub limit: i32,
    /// Where the page before has ended.
    #[prost(string, tag = "5")]
    pub token: String,
    /// The same for each cluster, where there are several.
    #[prost(btree_map = "string, string", tag = "6")]
    pub per_cluster_tokens: BTreeMap<String, String>,
}

/// A page of secrets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListSecretsResponse {
    /// They.
    #[prost(message, repeated, tag = "1")]
    pub secrets: Vec<Secret>,
    /// Where it has ended; empty if it was the last one.
    #[prost(string, tag = "2")]
    pub token: String,
    /// The same for each cluster, where there are several.
    #[prost(btree_map = "string, string", tag = "3")]
    pub per_cluster_tokens: BTreeMap<String, String>,
}
