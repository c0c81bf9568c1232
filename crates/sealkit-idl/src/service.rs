//! The services that are called: the path of each method is `/SERVICE/METHOD`.

/// `flyteidl2.secret.SecretService`, of Flyte 2.
pub const SECRET: &str = "flyteidl2.secret.SecretService";
/// The same of Union 1.
pub const UNION_SECRET: &str = "cloudidl.secret.SecretService";
/// `flyteidl2.workflow.RunService`.
pub const RUN: &str = "flyteidl2.workflow.RunService";
/// `flyteidl2.task.TaskService`.
pub const TASK: &str = "flyteidl2.task.TaskService";
/// `flyteidl2.dataproxy.DataProxyService`.
pub const DATA_PROXY: &str = "flyteidl2.dataproxy.DataProxyService";
/// `flyteidl2.cluster.ClusterService`.
pub const CLUSTER: &str = "flyteidl2.cluster.ClusterService";
/// `flyteidl2.actions.ActionsService`.
pub const ACTIONS: &str = "flyteidl2.actions.ActionsService";
/// `flyteidl2.auth.AuthMetadataService`, of Flyte 2.
pub const AUTH_METADATA: &str = "flyteidl2.auth.AuthMetadataService";
/// The same of Flyte 1 and Union 1.
pub const OLD_AUTH_METADATA: &str = "flyteidl.service.AuthMetadataService";

/// The answer of methods that have nothing to say.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Empty {}
