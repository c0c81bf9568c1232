//! Package `flyteidl2.common`: identifiers, pages of lists, and the phases of an action.

/// The identifier of a run.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RunIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub org: String,
    /// The project.
    #[prost(string, tag = "2")]
    pub project: String,
    /// The domain.
    #[prost(string, tag = "3")]
    pub domain: String,
    /// The name: at most 30 characters, `^[a-z]([-a-z0-9]*[a-z0-9])?$`.
    #[prost(string, tag = "4")]
    pub name: String,
}

/// The identifier of an action. The root action of a run is `a0`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ActionIdentifier {
    /// The run.
    #[prost(message, optional, tag = "1")]
    pub run: Option<RunIdentifier>,
    /// The name.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// The identifier of a project in a domain.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ProjectIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The domain.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// The name.
    #[prost(string, tag = "3")]
    pub name: String,
}

/// The identifier of a domain.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DomainIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The name.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// The identifier of an organization.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct OrgIdentifier {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// The identifier of a cluster.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ClusterIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The name.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ListRequest {
    /// The largest number of items.
    #[prost(uint32, tag = "1")]
    pub limit: u32,
    /// The token of the page. Empty for the first one.
    #[prost(string, tag = "2")]
    pub token: String,
    /// The order by one field.
    #[prost(message, optional, tag = "3")]
    pub sort_by: Option<Sort>,
    /// What the items have to match.
    #[prost(message, repeated, tag = "4")]
    pub filters: Vec<Filter>,
    /// The order by several fields.
    #[prost(message, repeated, tag = "6")]
    pub sort_by_fields: Vec<Sort>,
}

/// What the items of a list have to match.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Filter {
    /// How the field is compared. 0, the default, is equality.
    #[prost(int32, tag = "1")]
    pub function: i32,
    /// The field.
    #[prost(string, tag = "2")]
    pub field: String,
    /// What the field is compared with.
    #[prost(string, repeated, tag = "3")]
    pub values: Vec<String>,
}

/// The order of a list.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Sort {
    /// The field to sort by.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The direction.
    #[prost(enumeration = "SortDirection", tag = "2")]
    pub direction: i32,
}

/// `Sort.Direction`: the direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SortDirection {
    /// The largest value first.
    Descending = 0,
    /// The smallest value first.
    Ascending = 1,
}

/// The phase of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ActionPhase {
    /// Unspecified.
    Unspecified = 0,
    /// The action is queued.
    Queued = 1,
    /// The action waits for resources.
    WaitingForResources = 2,
    /// The pod is being created.
    Initializing = 3,
    /// The action is running.
    Running = 4,
    /// The action has succeeded.
    Succeeded = 5,
    /// The action has failed.
    Failed = 6,
    /// The action was aborted.
    Aborted = 7,
    /// The action has timed out.
    TimedOut = 8,
    /// The action is paused.
    Paused = 9,
    /// The result was recovered from another run.
    Recovered = 10,
}

impl ActionPhase {
    /// Returns whether the phase is final.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted | Self::TimedOut | Self::Recovered)
    }

    /// Returns whether the action has outputs.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::Recovered)
    }

    /// Returns the phase in lower case, such as `waiting for resources`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unknown",
            Self::Queued => "queued",
            Self::WaitingForResources => "waiting for resources",
            Self::Initializing => "initializing",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::TimedOut => "timed out",
            Self::Paused => "paused",
            Self::Recovered => "recovered",
        }
    }
}
