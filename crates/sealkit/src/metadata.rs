//! What is known of a task without running it.

use std::{any::TypeId, time::Duration};

use serde::{Serialize, Serializer};

use crate::{Resources, Secret, Variable, call::Invoke, registry};

/// What a task declares: its name, its secrets and its types.
///
/// It is a constant of the program, checked when it is compiled. As JSON it looks like this; fields that are
/// absent or empty are left out only where it says so:
///
/// ```
/// use sealkit::{TaskMetadata, current_context, task};
///
/// /// Counts the rows of a table.
/// #[task(secret_requests = [Secret(key = "dsn", group = "db", mount_requirement = FILE)])]
/// async fn count(table: String, limit: Option<i64>) -> sealkit::Result<i64> {
///     let dsn = current_context().secrets().get("dsn")?;
///     Ok(limit.unwrap_or(0) + (table.len() + dsn.expose().len()) as i64)
/// }
///
/// let metadata = TaskMetadata::of(&count).expect("a task");
/// let expected = serde_json::json!({
///     "name": "count",
///     "module": module_path!(),
///     "kind": "task",                       // or "workflow"
///     "docs": "Counts the rows of a table.",
///     "secret_requests": [{
///         "key": "dsn",
///         "mount_requirement": "FILE",      // "ANY", "ENV_VAR" or "FILE"
///         "group": "db",                    // left out if absent, as group_version and env_var are here
///     }],
///     "interface": {
///         "inputs": [
///             { "name": "table", "type": "string" },
///             { "name": "limit", "type": { "optional": "integer" } },
///         ],
///         "outputs": [{ "name": "o0", "type": "integer" }],
///     },
/// });
/// assert_eq!(serde_json::to_value(metadata).unwrap(), expected);
/// ```
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TaskMetadata {
    name: &'static str,
    module: &'static str,
    kind: Kind,
    docs: &'static str,
    secret_requests: &'static [Secret],
    interface: Interface,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    allowed_secrets: &'static [AllowedSecret],
    #[serde(flatten)]
    limits: Limits,
    #[serde(skip)]
    entry: Entry,
}

/// How often and how long whoever runs the task tries, and on what.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limits {
    /// How often it is tried again.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// How long each try may take.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_seconds")]
    pub timeout: Option<Duration>,
    /// What it needs of its machine.
    #[serde(skip_serializing_if = "Resources::is_none")]
    pub resources: Resources,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// As durations are in JSON: `1.5s`.
#[expect(clippy::ref_option, reason = "serde hands it over like this")]
fn as_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&format_args!("{}s", time.as_secs_f64())),
        None => serializer.serialize_none(),
    }
}

/// How the program finds and runs a task's function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) invoke: Invoke,
}

/// A secret that may leave a task on purpose: one `allow_secret_in(...)` of [`task`](macro@crate::task).
///
/// In JSON it is `{"output": "o0.url", "secret": "db/password", "because": "..."}`, or with `"input": "task.input"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AllowedSecret {
    /// Where it may be, with all that is below.
    #[serde(flatten)]
    pub place: Place,
    /// The secret, as `key` or `group/key`.
    pub secret: &'static str,
    /// The reason.
    pub because: &'static str,
}

/// A part of what leaves a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    /// A part of the task's output, as `o0` or `o0.url`.
    Output(&'static str),
    /// A part of an input of a task that it calls, as `task.input` or `task.input.url`.
    Input(&'static str),
}

impl AllowedSecret {
    #[doc(hidden)]
    pub const fn __new(place: Place, secret: &'static str, because: &'static str) -> Self {
        Self { place, secret, because }
    }
}

/// Whether a function is a task or a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Declared by `#[task]`.
    Task,
    /// Declared by `#[workflow]`.
    Workflow,
}

impl Kind {
    /// `task` or `workflow`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Workflow => "workflow",
        }
    }
}

/// What a task takes and what it returns.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interface {
    /// The inputs, in the order of the function's.
    pub inputs: &'static [Variable],
    /// The outputs: none, or one called `o0`.
    pub outputs: &'static [Variable],
}

impl TaskMetadata {
    #[doc(hidden)]
    #[expect(clippy::too_many_arguments, reason = "called by generated code only")]
    pub const fn __new(
        name: &'static str,
        module: &'static str,
        kind: Kind,
        docs: &'static str,
        secret_requests: &'static [Secret],
        inputs: &'static [Variable],
        outputs: &'static [Variable],
        allowed_secrets: &'static [AllowedSecret],
        limits: Limits,
        type_id: fn() -> TypeId,
        invoke: Invoke,
    ) -> Self {
        let interface = Interface { inputs, outputs };
        let entry = Entry { type_id, invoke };
        Self { name, module, kind, docs, secret_requests, interface, allowed_secrets, limits, entry }
    }

    /// The metadata of a task, from the function itself.
    ///
    /// `None` if the function is no task.
    ///
    /// ```
    /// use sealkit::{TaskMetadata, task};
    ///
    /// #[task(name = "noop.v2")]
    /// fn noop() -> sealkit::Result<()> {
    ///     Ok(())
    /// }
    ///
    /// assert_eq!(TaskMetadata::of(&noop).map(TaskMetadata::name), Some("noop.v2"));
    /// assert!(TaskMetadata::of(&drop::<u8>).is_none());
    /// ```
    pub fn of<F: 'static>(_function: &F) -> Option<&'static Self> {
        // Every function has a type of its own, so nothing needs a name in the scope of the function.
        registry::all().find(|task| (task.entry.type_id)() == TypeId::of::<F>())
    }

    /// The name under which the task is run.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The module that the function is in.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// Whether it is a task or a workflow.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The function's documentation; empty if there is none.
    pub const fn docs(&self) -> &'static str {
        self.docs
    }

    /// The secrets that the task asks for.
    pub const fn secret_requests(&self) -> &'static [Secret] {
        self.secret_requests
    }

    /// How often the task is tried again when it fails, by whoever runs it in a process of its own.
    pub const fn retries(&self) -> u32 {
        self.limits.retries
    }

    /// How long each try may take; nothing says that it may take as long as it takes.
    pub const fn timeout(&self) -> Option<Duration> {
        self.limits.timeout
    }

    /// What the task needs of its machine, where a cluster runs it.
    pub const fn resources(&self) -> Resources {
        self.limits.resources
    }

    /// The secrets that may leave the task on purpose.
    pub const fn allowed_secrets(&self) -> &'static [AllowedSecret] {
        self.allowed_secrets
    }

    /// What the task takes and what it returns.
    pub const fn interface(&self) -> &Interface {
        &self.interface
    }

    pub(crate) const fn invoke(&self) -> Invoke {
        self.entry.invoke
    }
}
