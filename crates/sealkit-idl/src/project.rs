//! Package `flyteidl2.project`: the projects of a cluster.

/// Asks for a project.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetProjectRequest {
    /// Which.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Of which organization.
    #[prost(string, tag = "2")]
    pub org: String,
}

/// A project.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetProjectResponse {
    /// It.
    #[prost(message, optional, tag = "1")]
    pub project: Option<Project>,
}

/// A project.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Project {
    /// Its name for programs.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Its domains.
    #[prost(message, repeated, tag = "3")]
    pub domains: Vec<Domain>,
}

/// A domain.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Domain {
    /// Its name for programs.
    #[prost(string, tag = "1")]
    pub id: String,
}
