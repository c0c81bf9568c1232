//! The names of the gRPC services. The path of a method is `/SERVICE/METHOD`.

/// `flyteidl2.secret.SecretService`, of Flyte 2.
pub const SECRET: &str = "flyteidl2.secret.SecretService";
/// The service that is called [`SECRET`] in Flyte 2, as Union 1 names it.
pub const UNION_SECRET: &str = "cloudidl.secret.SecretService";
/// `flyteidl2.workflow.RunService`.
pub const RUN: &str = "flyteidl2.workflow.RunService";
/// `flyteidl2.task.TaskService`.
pub const TASK: &str = "flyteidl2.task.TaskService";
/// `flyteidl2.trigger.TriggerService`.
pub const TRIGGER: &str = "flyteidl2.trigger.TriggerService";
/// `flyteidl2.dataproxy.DataProxyService`.
pub const DATA_PROXY: &str = "flyteidl2.dataproxy.DataProxyService";
/// `flyteidl2.cluster.ClusterService`.
pub const CLUSTER: &str = "flyteidl2.cluster.ClusterService";
/// `flyteidl2.actions.ActionsService`.
pub const ACTIONS: &str = "flyteidl2.actions.ActionsService";
/// `flyteidl2.auth.AuthMetadataService`, of Flyte 2.
pub const AUTH_METADATA: &str = "flyteidl2.auth.AuthMetadataService";
/// The service that is called [`AUTH_METADATA`] in Flyte 2, as Flyte 1 and Union 1 name it.
pub const LEGACY_AUTH_METADATA: &str = "flyteidl.service.AuthMetadataService";

/// An empty response.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Empty {}
