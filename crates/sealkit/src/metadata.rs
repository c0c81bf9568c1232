//! Task metadata: the declared properties of a task.

use std::{any::TypeId, time::Duration};

use sealkit_protocol::description;

use crate::{
    AllowedSecret, Backoff, Cache, Environment, Resources, Schedule, Secret, Value, ValueError, Variable,
    callee::Callee,
    environment::Settings,
    invoke::{CheckInputs, Invoke},
    registry,
    task_type::Members,
};

/// The metadata of a task: its name, secret requests, interface and limits.
///
/// It is a constant of the program, checked at compile time. [`TaskMetadata::of`] returns the metadata of one task,
/// [`tasks`](crate::tasks) that of all tasks.
///
/// # Examples
///
/// `PROGRAM describe --json` prints the metadata in this form:
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
///         "group": "db",                    // absent fields, such as group_version and env_var here, are left out
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
///
/// If they are declared, `"retries": 3`, `"backoff": {"base": "1s", "factor": 2.0, "cap": "300s"}`, `"timeout": "90s"`,
/// `"max_queued_time": "60s"`, `"deadline": "3600s"`, `"resources": {"cpu": "500m"}` and
/// `"allowed_secrets": [{"output": "o0", "secret": "db/dsn", "because": "..."}]` and `"calls": ["other_task"]` follow.
#[derive(Clone, Copy, Debug)]
pub struct TaskMetadata {
    name: &'static str,
    module: &'static str,
    kind: TaskKind,
    docs: &'static str,
    secret_requests: &'static [Secret],
    interface: Interface,
    allowed_secrets: &'static [AllowedSecret],
    calls: Option<&'static [Callee]>,
    limits: Limits,
    settings: Settings,
    pub(crate) entry: Entry,
}

/// The retries, the timeouts and the resources of a task.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The number of retries.
    pub retries: u32,
    /// The declared delays between attempts.
    pub backoff: Option<Backoff>,
    /// The timeout of each attempt.
    pub timeout: Option<Duration>,
    /// The timeout of the wait for a free slot.
    pub max_queued_time: Option<Duration>,
    /// The timeout of all attempts together.
    pub deadline: Option<Duration>,
    /// The resources on a cluster.
    pub resources: Resources,
}

impl Limits {
    /// One attempt without timeouts.
    pub const NONE: Self = Self {
        retries: 0,
        backoff: None,
        timeout: None,
        max_queued_time: None,
        deadline: None,
        resources: Resources::NONE,
    };
}

/// The function of a task: its type and its entry point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) invoke: Invoke,
    pub(crate) check_inputs: Option<CheckInputs>,
}

/// The kind of a task: a task or a workflow. It serializes to `"task"` or `"workflow"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskKind {
    /// A function with `#[task]`.
    Task,
    /// A function with `#[workflow]`.
    Workflow,
}

impl TaskKind {
    /// Returns `task` or `workflow`, the form in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Task => description::TaskKind::Task.as_str(),
            Self::Workflow => description::TaskKind::Workflow.as_str(),
        }
    }
}

/// The interface of a task: its inputs and outputs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Interface {
    /// The inputs, in the order of the function's parameters.
    pub inputs: &'static [Variable],
    /// The outputs: one named `o0`, none for `()`, or several.
    pub outputs: &'static [Variable],
}

impl Interface {
    #[doc(hidden)]
    pub const fn __new(inputs: &'static [Variable], outputs: &'static [Variable]) -> Self {
        Self { inputs, outputs }
    }
}

impl TaskMetadata {
    #[doc(hidden)]
    #[expect(clippy::too_many_arguments, reason = "called by generated code only")]
    pub const fn __new(
        name: &'static str,
        module: &'static str,
        kind: TaskKind,
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
        let entry = Entry { type_id, invoke, check_inputs: None };
        let (calls, settings) = (None, Settings::NONE);
        Self {
            name,
            module,
            kind,
            docs,
            secret_requests,
            interface,
            allowed_secrets,
            calls,
            limits,
            settings,
            entry,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __calls(mut self, calls: &'static [Callee]) -> Self {
        self.calls = Some(calls);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn __check_inputs(mut self, check: CheckInputs) -> Self {
        self.entry.check_inputs = Some(check);
        self
    }

    /// Returns the metadata of the task that `function` is, or `None` for any other function.
    ///
    /// # Examples
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
        // Every function has a unique type, so the macros need not add a name to the user's scope.
        registry::all().find(|task| (task.entry.type_id)() == TypeId::of::<F>())
    }

    /// Returns the name of the task, by which it is run.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the path of the module that contains the function.
    pub const fn module(&self) -> &'static str {
        self.module
    }

    /// Returns whether it is a task or a workflow.
    pub const fn kind(&self) -> TaskKind {
        self.kind
    }

    /// Returns the documentation of the function, or an empty string.
    pub const fn docs(&self) -> &'static str {
        self.docs
    }

    /// Returns the environment that the task belongs to.
    pub const fn environment(&self) -> Option<Environment> {
        self.settings.environment
    }

    /// Returns the names and values of the environment variables that the task sets, itself or by its environment.
    pub fn env(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.settings.env()
    }

    /// Returns the service account of Kubernetes that pods run as, or `None` for that of the cluster.
    pub fn service_account(&self) -> Option<&'static str> {
        self.settings.service_account.or_else(|| self.environment()?.service_account)
    }

    /// Returns whether pods may run on machines that can be taken away, or `None` if the task does not say so.
    pub fn interruptible(&self) -> Option<bool> {
        self.settings.interruptible.or_else(|| self.environment()?.interruptible)
    }

    /// Returns how results are cached, or `None` if they are not.
    pub const fn cache(&self) -> Option<Cache> {
        self.settings.cache
    }

    /// Returns when the deployed task is started.
    pub const fn schedules(&self) -> &'static [Schedule] {
        self.settings.schedules
    }

    /// Returns the deployed task that the function refers to, as `NAME[:VERSION]`.
    pub const fn deployed(&self) -> Option<&'static str> {
        self.settings.deployed
    }

    /// Returns the secret requests of the task, after those of its environment.
    pub const fn secret_requests(&self) -> &'static [Secret] {
        self.secret_requests
    }

    /// Returns the number of retries after a failed attempt.
    pub const fn retries(&self) -> u32 {
        self.limits.retries
    }

    /// Returns the declared delays between attempts: `backoff` of `Retries`. [`Backoff::DEFAULT`] applies if it is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use sealkit::{TaskMetadata, task};
    ///
    /// #[task(
    ///     retries = Retries(3, backoff = "1s..5m"),
    ///     timeout = Timeout(max_runtime = "30s", max_queued_time = "1m", deadline = "1h"),
    /// )]
    /// fn download() -> sealkit::Result<()> {
    ///     Ok(())
    /// }
    ///
    /// let task = TaskMetadata::of(&download).expect("a task");
    /// let backoff = task.backoff().expect("declared");
    /// assert_eq!(backoff.delay(1), Duration::from_secs(2));
    /// assert_eq!(task.timeout(), Some(Duration::from_secs(30)));
    /// assert_eq!(task.deadline(), Some(Duration::from_secs(3600)));
    /// ```
    pub const fn backoff(&self) -> Option<Backoff> {
        self.limits.backoff
    }

    /// Returns how often and how long the task may run.
    pub(crate) fn attempt_limits(&self) -> sealkit_protocol::Limits<'static> {
        let Limits { retries, timeout, max_queued_time, deadline, backoff, .. } = self.limits;
        let backoff = backoff.unwrap_or(Backoff::DEFAULT);
        sealkit_protocol::Limits { task: self.name, retries, backoff, timeout, max_queued_time, deadline }
    }

    /// Returns the longest time that a task waits for a free slot before its first attempt, or `None` for no limit.
    pub const fn max_queued_time(&self) -> Option<Duration> {
        self.limits.max_queued_time
    }

    /// Returns the longest time for all attempts together, with the delays between them, or `None` for no limit.
    pub const fn deadline(&self) -> Option<Duration> {
        self.limits.deadline
    }

    /// Returns the timeout of each attempt, or `None` for no timeout.
    pub const fn timeout(&self) -> Option<Duration> {
        self.limits.timeout
    }

    /// Returns the resources that the task requests on a cluster, or else those of its environment.
    pub fn resources(&self) -> Resources {
        match self.environment() {
            Some(environment) if self.limits.resources.is_none() => environment.resources,
            _ => self.limits.resources,
        }
    }

    /// Returns the exceptions of the leak check.
    pub const fn allowed_secrets(&self) -> &'static [AllowedSecret] {
        self.allowed_secrets
    }

    /// Returns the tasks that the task declares to call, or `None` if it does not declare its calls.
    pub fn calls(&self) -> Option<impl Iterator<Item = &'static Self>> {
        Some(self.calls?.iter().filter_map(Callee::task))
    }

    /// Returns the path of a declared call that is not a task.
    pub(crate) fn invalid_call(&self) -> Option<&'static str> {
        self.calls?.iter().find(|callee| callee.task().is_none()).map(|callee| callee.path)
    }

    /// Returns whether the task may call `callee`: itself and the declared tasks, or any task if it declares none.
    pub(crate) fn may_call(&self, callee: &Self) -> bool {
        let id = (callee.entry.type_id)();
        let is_declared = |calls: &[Callee]| calls.iter().any(|declared| (declared.type_id)() == id);
        self.calls.is_none_or(is_declared) || (self.entry.type_id)() == id
    }

    /// Returns the errors of inputs that do not have the types that the task takes, at most one for each input.
    pub(crate) fn check_inputs(&self, inputs: Vec<(String, Value)>) -> Vec<ValueError> {
        let mut errors = Vec::new();
        if let Some(check) = self.entry.check_inputs {
            check(&mut Members::new(inputs), &mut errors);
        }
        errors
    }

    /// Returns the inputs and outputs of the task.
    pub const fn interface(&self) -> &Interface {
        &self.interface
    }

    pub(crate) const fn invoke(&self) -> Invoke {
        self.entry.invoke
    }
}
