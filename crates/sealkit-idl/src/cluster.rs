//! Package `flyteidl2.cluster`: selects the cluster that serves an operation.

use crate::common::{ActionIdentifier, DomainIdentifier, OrgIdentifier, ProjectIdentifier};

/// The request for the cluster that serves an operation on a resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SelectClusterRequest {
    /// The resource.
    #[prost(oneof = "Resource", tags = "1, 2, 4, 9")]
    pub resource: Option<Resource>,
    /// The operation.
    #[prost(enumeration = "Operation", tag = "8")]
    pub operation: i32,
}

/// The resource of an operation.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Resource {
    /// All resources of an organization.
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

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Operation {
    /// Unspecified.
    Unspecified = 0,
    /// A call of `DataProxyService.CreateUploadLocation`.
    CreateUploadLocation = 1,
    /// A call of `DataProxyService.GetActionData`.
    GetActionData = 3,
    /// A call of `DataProxyService.TailLogs`.
    TailLogs = 6,
    /// A call of `SecretService`.
    UseSecrets = 8,
}

/// The cluster that serves the operation.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SelectClusterResponse {
    /// The endpoint of the cluster. Empty if it is the endpoint that received the request.
    #[prost(string, tag = "1")]
    pub cluster_endpoint: String,
}
