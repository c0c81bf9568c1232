//! The description of tasks. As JSON, it is the answer to a query, and what `PROGRAM describe --json` prints.

mod schedule;
mod types;

use std::{collections::BTreeMap, time::Duration};

use sealkit_names::{GuardMode, MountType, Request};
use serde::{Deserialize, Serialize};

pub use self::{
    schedule::{Automation, Schedule},
    types::Type,
};
use crate::Limits;

/// The description of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The name under which it is run.
    pub name: String,
    /// The path of the module that contains the function.
    #[serde(default)]
    pub module: String,
    /// Whether it is a task or a workflow.
    pub kind: TaskKind,
    /// The documentation.
    #[serde(default)]
    pub docs: String,
    /// The secrets that it requests.
    pub secret_requests: Vec<SecretRequest>,
    /// The inputs and outputs.
    pub interface: Interface,
    /// The exceptions of the leak check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_secrets: Vec<AllowedSecret>,
    /// The names of the tasks that it calls, if it declares them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<String>>,
    /// The number of retries after a failed attempt.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// The declared delays between attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// The timeout of each attempt, in the JSON form of protobuf, such as `1.5s`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub timeout: Option<Duration>,
    /// The timeout of the wait for a free slot.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub max_queued_time: Option<Duration>,
    /// The timeout of all attempts together.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub deadline: Option<Duration>,
    /// The resources on a cluster.
    #[serde(default, skip_serializing_if = "Resources::is_none")]
    pub resources: Resources,
    /// The name of the environment that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The environment variables of its pods.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The service account of its pods on a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// Whether its pods may run on machines that can be taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
    /// How its results are cached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The deployed task that it refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<String>,
    /// When it is started after it has been deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
}

impl Task {
    /// Returns how often and how long it may run.
    pub fn limits(&self) -> Limits<'_> {
        use sealkit_names::backoff::Backoff;

        Limits {
            task: &self.name,
            retries: self.retries,
            backoff: self
                .backoff
                .map_or(Backoff::DEFAULT, |backoff| Backoff::new(backoff.base, backoff.factor, backoff.cap)),
            timeout: self.timeout,
            max_queued_time: self.max_queued_time,
            deadline: self.deadline,
        }
    }
}

/// How the results of a task are cached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// The version of the results; without one, it is a digest of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The inputs that do not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored_inputs: Vec<String>,
    /// A text that is added to the digest of the program.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
    /// How long a result is used.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub max_age: Option<Duration>,
    /// Whether a call waits for an equal one that is running.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub serialize: bool,
}

/// The delays between the attempts of a task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    /// The delay before the first retry.
    #[serde(with = "required_seconds")]
    pub base: Duration,
    /// The factor by which each delay grows.
    pub factor: f64,
    /// The longest delay.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub cap: Option<Duration>,
}

/// Whether a function is a task or a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Declared by `#[task]`.
    Task,
    /// Declared by `#[workflow]`.
    Workflow,
}

impl TaskKind {
    /// Returns `task` or `workflow`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Workflow => "workflow",
        }
    }
}

/// A secret that a task requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRequest {
    /// The key, which is unique within the group.
    pub key: String,
    /// `ANY`, `ENV_VAR` or `FILE`.
    mount_requirement: String,
    /// The group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The version of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_version: Option<String>,
    /// The environment variable that holds the value, or the path of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_var: Option<String>,
    /// `off` or `strict`, unless it is guarded in the standard mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guard: Option<String>,
}

impl SecretRequest {
    /// Creates the description of a request.
    pub fn new(request: Request<'_>, guard: GuardMode) -> Self {
        Self {
            key: request.key.to_owned(),
            mount_requirement: request.mount.as_str().to_owned(),
            group: request.group.map(str::to_owned),
            group_version: request.group_version.map(str::to_owned),
            env_var: request.env_var.map(str::to_owned),
            guard: Some(guard)
                .filter(|mode| *mode != GuardMode::Standard)
                .map(|mode| mode.as_str().to_owned()),
        }
    }

    /// Returns how carefully the secret is guarded.
    pub fn guard(&self) -> GuardMode {
        self.guard.as_deref().and_then(GuardMode::from_name).unwrap_or_default()
    }

    /// Returns the same request in the form that the naming rules take.
    pub fn request(&self) -> Request<'_> {
        Request {
            group: self.group.as_deref(),
            group_version: self.group_version.as_deref(),
            key: &self.key,
            mount: [MountType::File, MountType::EnvVar]
                .into_iter()
                .find(|mount| mount.as_str() == self.mount_requirement)
                .unwrap_or(MountType::Any),
            env_var: self.env_var.as_deref(),
        }
    }
}

/// The inputs and outputs of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    /// The inputs, in the order of the function's parameters.
    pub inputs: Vec<Variable>,
    /// The outputs: one named `o0`, none, or several.
    #[serde(default)]
    pub outputs: Vec<Variable>,
}

/// An input, an output or a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The type.
    pub r#type: Type,
    /// The doc comment of an input.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// The default of an input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
}

/// An exception of the leak check: `{"output": "o0", …}` or `{"input": "task.input", …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedSecret {
    /// The part that may contain the secret.
    #[serde(flatten)]
    pub place: AllowedPlace,
    /// The secret, written `key` or `group/key`.
    pub secret: String,
    /// The reason.
    pub because: String,
}

/// A part of an output or input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedPlace {
    /// A part of the task's output.
    Output(String),
    /// A part of an input of a called task.
    Input(String),
}

/// The resources of a task on a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Processors, such as `500m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Memory, such as `2Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Graphics processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
    /// Ephemeral storage, such as `10Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<String>,
}

impl Resources {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A duration in the JSON form of protobuf, such as `1.5s`.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::ref_option, reason = "the signature that serde requires")]
    pub(super) fn serialize<S: Serializer>(
        time: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(&format_args!("{}s", time.as_secs_f64())),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = text.strip_suffix('s').and_then(|text| text.parse().ok());
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        duration.map(Some).ok_or_else(|| D::Error::custom("expected a duration such as `90s`"))
    }
}

/// The same form, of a duration that is always present.
mod required_seconds {
    use std::time::Duration;

    use serde::{Deserializer, Serializer, de::Error as _};

    use super::seconds;

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        seconds::serialize(&Some(*time), serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        seconds::deserialize(deserializer)?.ok_or_else(|| D::Error::custom("expected a duration"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let json = r#"{"name":"t","module":"m","kind":"workflow","docs":"","secret_requests":[
            {"key":"k","mount_requirement":"FILE","group":"g"}],"interface":{"inputs":[
            {"name":"a","type":"integer"},{"name":"b","type":{"map":{"list":{"optional":"date"}}}},
            {"name":"c","type":{"enum":{"name":"E","variants":["A","B"]}}},
            {"name":"d","type":{"struct":{"name":"S","fields":[{"name":"x","type":"float"}]}}}],"outputs":[]},
            "allowed_secrets":[{"output":"o0","secret":"k","because":"r"}],"calls":["u"],"retries":2,
            "backoff":{"base":"1s","factor":2.0,"cap":"300s"},"timeout":"1.5s","max_queued_time":"60s","deadline":"3600s",
            "resources":{"cpu":"500m"}}"#;
        let task: Task = serde_json::from_str(json).unwrap();
        assert_eq!(task.timeout, Some(Duration::from_millis(1500)));
        assert_eq!(task.limits().backoff.to_string(), "1s..300s");
        assert_eq!(task.secret_requests[0].request().mount, MountType::File);
        let types: Vec<String> = task.interface.inputs.iter().map(|input| input.r#type.to_string()).collect();
        assert_eq!(types, ["integer", "map of list of optional date", "A|B", "S { x: float }"]);
        assert_eq!(task.interface.inputs[3].r#type.short_name(), "S");
        let written: String = json.split_whitespace().collect();
        assert_eq!(serde_json::to_string(&task).unwrap(), written);
    }

    #[test]
    fn absent_parts_have_defaults() {
        let json = r#"{"name":"t","kind":"task","secret_requests":[],"interface":{"inputs":[]}}"#;
        let task: Task = serde_json::from_str(json).unwrap();
        assert_eq!((task.retries, task.timeout, task.calls), (0, None, None));
    }
}
