//! Package `flyteidl2.cluster`: which cluster serves what.

use crate::common::{ActionIdentifier, DomainIdentifier, OrgIdentifier, ProjectIdentifier};

/// Asks where something is to be done.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SelectClusterRequest {
    /// With what.
    #[prost(oneof = "Resource", tags = "1, 2, 4, 9")]
    pub resource: Option<Resource>,
    /// What.
    #[prost(enumeration = "Operation", tag = "8")]
    pub operation: i32,
}

/// With what something is to be done.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Resource {
    /// All of an organization.
    #[prost(message, tag = "1")]
    OrgId(OrgIdentifier),
    /// A project.
    #[prost(message, tag = "2")]
    ProjectId(ProjectIdentifier),
    /// An action.
    #[prost(message, tag = "4")]
    ActionId(ActionIdentifier),
    /// A domain.
    #[prost(message, tag = "9")]
    DomainId(DomainIdentifier),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Operation {
    /// Not told.
    Unspecified = 0,
    /// `DataProxyService.GetActionData`.
    GetActionData = 3,
    /// `DataProxyService.TailLogs`.
    TailLogs = 6,
    /// `SecretService`.
    UseSecrets = 8,
}

/// Where it is to be done.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SelectClusterResponse {
    /// The endpoint; empty if it is the one that was asked.
    #[prost(string, tag = "1")]
    pub cluster_endpoint: String,
}
