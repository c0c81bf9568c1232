//! Package `flyteidl2.common`: what things are called, and the phases of an action.

/// A run.
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

/// An action of a run; the first one is `a0`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ActionIdentifier {
    /// The run.
    #[prost(message, optional, tag = "1")]
    pub run: Option<RunIdentifier>,
    /// The name.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// A project of a domain.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ProjectIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The domain.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// The project.
    #[prost(string, tag = "3")]
    pub name: String,
}

/// A domain.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DomainIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The domain.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// An organization.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct OrgIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// A cluster.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ClusterIdentifier {
    /// The organization.
    #[prost(string, tag = "1")]
    pub organization: String,
    /// The cluster.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// How far an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ActionPhase {
    /// Nobody knows.
    Unspecified = 0,
    /// It waits for its turn.
    Queued = 1,
    /// It waits for a machine.
    WaitingForResources = 2,
    /// Its pod is being made.
    Initializing = 3,
    /// It runs.
    Running = 4,
    /// It has returned.
    Succeeded = 5,
    /// It has failed.
    Failed = 6,
    /// Somebody has ended it.
    Aborted = 7,
    /// It took too long.
    TimedOut = 8,
    /// It waits for somebody.
    Paused = 9,
    /// It was taken over from another run.
    Recovered = 10,
}

impl ActionPhase {
    /// Whether nothing comes after it.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted | Self::TimedOut | Self::Recovered)
    }

    /// Whether the action has outputs.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::Recovered)
    }

    /// What people call it: `waiting for resources`.
    pub const fn words(self) -> &'static str {
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
