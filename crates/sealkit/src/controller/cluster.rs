//! The controller on a cluster: starts child actions of the run that this pod belongs to.
//!
//! It works as the official SDK does (`flyte._internal.controllers.remote`): it writes the inputs below the base directory of the
//! run, starts the action with `ActionsService.Enqueue`, and learns from `WatchForUpdates` when the action ends and where its
//! outputs are. The name of an action is derived from the call. When this pod is retried, the same call has the same name, so that
//! its result is already there.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use sealkit_idl::{
    common::{ActionIdentifier, ActionPhase, RunIdentifier},
    prost::Message,
    task::{Inputs, Outputs},
    workflow::ActionUpdate,
};
use sealkit_names::variables;
use sealkit_protocol::{Attempts, Code, ErrorFile, Problem, call::Call, frame};
use sealkit_remote::{Actions, ChildAction, Client, Config, Deployment, Notify, TaskDefinition};
use tokio::runtime::{Builder, Handle};

use super::{
    cache_key::cache_key,
    definitions::{self, Definitions},
};
use crate::{
    Error, ErrorKind, TaskMetadata, identity, registry,
    storage::{self, Location, StorageError},
};

/// The timeout of a request to the control plane.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Large enough for the outputs of every pod: a pod refuses to write larger ones.
const MAX_OUTPUT_BYTES: u64 = frame::MAX_LENGTH as u64;

/// Starts child actions through the control plane.
pub(super) struct ClusterController {
    /// Requests run here, on a thread of their own.
    runtime: Handle,
    client: Client,
    actions: Actions,
    deployment: Deployment,
    parent: String,
    /// The attempt of the parent action that this pod is.
    attempt: String,
    run_base: String,
    /// The number of calls so far, by the digest of task and inputs.
    call_counts: Mutex<HashMap<String, u32>>,
    definitions: Definitions,
    /// The names of the actions that callers wait for, by the id of the call.
    running: Mutex<HashMap<u64, String>>,
}

impl ClusterController {
    pub(super) fn from_pod() -> Result<Self, Error> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let program = env::args().next().unwrap_or_default();
        let deployment = Deployment::from_pod_environment(&program, &variable)
            .ok_or_else(|| incomplete_environment("its image"))?;
        let run_base = variable(variables::RUN_BASE)
            .ok_or_else(|| incomplete_environment("the base directory of the run"))?;
        let config = Config::in_pod(&environment_variable).map_err(|error| no_client(&error))?;
        let run = RunIdentifier {
            org: deployment.org.clone(),
            project: deployment.project.clone(),
            domain: deployment.domain.clone(),
            name: identity::run_name().unwrap_or_default(),
        };
        let parent = identity::action_name().unwrap_or_default();
        let runtime = start_runtime()?;
        let client = {
            let _entered = runtime.enter();
            let ignore: Notify = Arc::new(|_| {});
            Client::new(config, REQUEST_TIMEOUT, ignore).map_err(|error| no_client(&error))?
        };
        let actions = Actions::new(client.clone(), ActionIdentifier { run: Some(run), name: parent.clone() });
        let attempt = variable(variables::ATTEMPT).unwrap_or_default();
        let (call_counts, definitions, running) = Default::default();
        Ok(Self {
            runtime,
            client,
            actions,
            deployment,
            parent,
            attempt,
            run_base,
            call_counts,
            definitions,
            running,
        })
    }

    /// Starts the called task and passes its result to `respond` when it ends.
    pub(super) fn call(
        &'static self,
        call: Call,
        respond: impl FnOnce(Result<Outputs, Problem>) + Send + 'static,
    ) {
        let id = call.id;
        let name = self.action_name(&call);
        self.running().insert(id, name.clone());
        self.runtime.spawn(async move {
            let outcome = self.outcome(call, name).await;
            self.running().remove(&id);
            respond(outcome);
        });
    }

    /// Runs the action of a call.
    async fn outcome(&'static self, call: Call, name: String) -> Result<Outputs, Problem> {
        let called = Instant::now();
        let task = registry::find(&call.task)?;
        let definition = self.definitions.get(task, &self.client, &self.deployment).await?;
        let inputs = definitions::inputs(task, &definition, call.inputs)?;
        let name = match task.deployed() {
            // Another version takes other inputs.
            Some(_) => sealkit_remote::digest(&[name.as_bytes(), definition.id.version.as_bytes()]),
            None => name,
        };
        let call = StartedCall { id: call.id, called, task, definition, inputs };
        match self.run_action(&call, name.clone()).await {
            Err(ActionError { existed: true, .. }) => {
                // The action failed in an earlier attempt of the caller: like the caller, it gets another attempt.
                let name = sealkit_remote::digest(&[name.as_bytes(), self.attempt.as_bytes()]);
                self.run_action(&call, name).await
            }
            outcome => outcome,
        }
        .map_err(|error| error.problem)
    }

    /// Aborts the action of a call.
    pub(super) fn cancel(&'static self, id: u64) {
        if let Some(name) = self.running().remove(&id) {
            self.runtime.spawn(async move { self.actions.abort(&name).await });
        }
    }

    pub(super) fn actions(&self) -> &Actions {
        &self.actions
    }

    pub(super) fn parent(&self) -> &str {
        &self.parent
    }

    pub(super) fn run_base(&self) -> &str {
        &self.run_base
    }

    /// Runs `work` on the thread for requests.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Returns the URI of a file of an action.
    pub(super) fn uri(&self, action: &str, file: &str) -> String {
        format!("{}/{action}/{file}", self.run_base.trim_end_matches('/'))
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, String>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the name of the action, which is derived from the parent, the task, its inputs and the number of the call.
    ///
    /// The version of the task is included: outputs of another version of the program must not be reused.
    fn action_name(&self, call: &Call) -> String {
        let inputs = call.inputs.encode_to_vec();
        let version = self.deployment.version.as_deref().unwrap_or_default();
        let call = sealkit_remote::digest(&[call.task.as_bytes(), version.as_bytes(), &inputs]);
        let mut counts = self.call_counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(call.clone()).or_default();
        *count += 1;
        sealkit_remote::digest(&[self.parent.as_bytes(), call.as_bytes(), count.to_string().as_bytes()])
    }

    async fn run_action(&'static self, call: &StartedCall, name: String) -> Result<Outputs, ActionError> {
        let StartedCall { id, called, task: metadata, definition, inputs } = call;
        let task = metadata.name();
        let attempts = Attempts::called(metadata.attempt_limits(), called.elapsed());
        let input_uri = self.uri(&name, "inputs.pb");
        let to = location(&input_uri).map_err(ActionError::local)?;
        let content = inputs.encode_to_vec();
        blocking(move || storage::write(&to, &content)).await.map_err(|error| {
            ActionError::local(format!("cannot write the inputs of task `{task}`: {error}"))
        })?;
        match self.running().get_mut(id) {
            Some(running) => running.clone_from(&name),
            None => return Err(ActionError::local(format!("the call of task `{task}` was cancelled"))),
        }
        let child = ChildAction {
            name: name.clone(),
            input_uri,
            run_output_base: self.run_base.clone(),
            task: definition.clone(),
            cache_key: cache_key(&definition.spec, inputs),
        };
        let no_pod = |error: sealkit_remote::Error| {
            let message = format!("cannot start a pod for task `{task}`: {error}");
            ActionError::from(Problem::new(Code::Other, message).with_optional_hint(error.hint()))
        };
        let existed = self.actions.start(child).await.map_err(no_pod)?;
        let Some(update) = self.in_time(&name, &attempts).await.map_err(no_pod)? else {
            // The action may end at this moment.
            let _ = self.actions.abort(&name).await;
            return Err(attempts.overdue().into());
        };
        match update.phase() {
            phase if phase.is_success() => {
                if metadata.interface().outputs.is_empty() {
                    return Ok(Outputs::default());
                }
                // Read from the URI first, as the official SDK does. Open-source Flyte names another URI after the connection was lost.
                if let Ok(from) = location(&update.output_uri)
                    && let Ok(bytes) =
                        blocking(move || storage::read(&from.join("outputs.pb"), MAX_OUTPUT_BYTES)).await
                    && let Ok(outputs) = Outputs::decode(&*bytes)
                {
                    return Ok(outputs);
                }
                self.actions.outputs(&name).await.map_err(|error| {
                    ActionError::local(format!("cannot read the outputs of task `{task}`: {error}"))
                })
            }
            ActionPhase::Aborted => Err(ActionError::local(format!("task `{task}` was aborted"))),
            phase => {
                let problem = match phase {
                    ActionPhase::TimedOut => Problem::new(Code::Timeout, format!("task `{task}` timed out")),
                    _ => self.failure(task, &name, update).await,
                };
                Err(ActionError { problem, existed })
            }
        }
    }

    /// Waits for the end of an action. Returns `None` if it is over the time limits that count from its call: Flyte ignores them.
    async fn in_time(
        &self,
        name: &str,
        attempts: &Attempts<'_>,
    ) -> sealkit_remote::Result<Option<ActionUpdate>> {
        let is_started = |phase| {
            !matches!(
                phase,
                ActionPhase::Unspecified | ActionPhase::Queued | ActionPhase::WaitingForResources
            )
        };
        // The limit of a later attempt is the deadline.
        let (start, end) = (attempts.queue_limit(0), attempts.queue_limit(1));
        match until(start, self.actions.wait_for(name, is_started)).await {
            Some(update) => update?,
            None => return Ok(None),
        };
        until(end, self.actions.wait_for(name, ActionPhase::is_terminal)).await.transpose()
    }

    /// Returns the problem of a failed action: from the file that the pod has written, or else from the control plane.
    async fn failure(&self, task: &str, name: &str, update: ActionUpdate) -> Problem {
        let error = update.error.filter(|error| !error.message.is_empty());
        let written = location(&self.uri(name, "1/error.pb"));
        if let Ok(from) = written
            && let Ok(bytes) = blocking(move || storage::read(&from, MAX_OUTPUT_BYTES)).await
            && let Ok(file) = ErrorFile::decode(&*bytes)
            // The file may be that of an earlier attempt.
            && error.as_ref().is_none_or(|error| file.message() == error.message)
            && let Some(problem) = file.into_problem()
        {
            return problem;
        }
        match error {
            Some(error) => Problem::new(Code::from_name(&error.code), error.message),
            None => Problem::new(Code::Other, format!("task `{task}` failed")),
        }
    }
}

/// A call, with what the called task takes.
struct StartedCall {
    id: u64,
    called: Instant,
    task: &'static TaskMetadata,
    definition: Arc<TaskDefinition>,
    inputs: Inputs,
}

/// The problem of a child action without outputs.
struct ActionError {
    problem: Problem,
    /// An earlier attempt of the caller had already started the action.
    existed: bool,
}

impl ActionError {
    /// A problem of this pod, not of the action.
    fn local(message: String) -> Self {
        Problem::new(Code::Other, message).into()
    }
}

/// A problem of this pod, not of the action.
impl From<Problem> for ActionError {
    fn from(problem: Problem) -> Self {
        Self { problem, existed: false }
    }
}

/// A problem of a step.
pub(super) fn problem(message: String) -> Problem {
    Problem::new(Code::Io, message)
}

fn incomplete_environment(missing: &str) -> Error {
    let message = format!(
        "cannot start a pod for the called task: the environment of this pod does not name {missing}"
    );
    Error::new(ErrorKind::Configuration, message)
        .with_hint("start the run with `sealkit run --remote`, or deploy it with `sealkit deploy`")
}

fn no_client(error: &sealkit_remote::Error) -> Error {
    Error::new(ErrorKind::Configuration, format!("cannot connect to the cluster: {error}"))
}

/// Returns a variable of this pod. The API key of Union is a secret, which is no longer in the environment.
fn environment_variable(name: &str) -> Option<OsString> {
    let secret = || str::from_utf8(sealkit_process::secret(name)?).ok().map(OsString::from);
    env::var_os(name).or_else(secret)
}

/// Starts a runtime with one thread, which lives as long as the process.
fn start_runtime() -> Result<Handle, Error> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(no_runtime)?;
    let handle = runtime.handle().clone();
    let drive = move || runtime.block_on(std::future::pending::<()>());
    thread::Builder::new().name("sealkit-actions".to_owned()).spawn(drive).map_err(no_runtime)?;
    Ok(handle)
}

fn no_runtime(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Other, "cannot start a thread for requests to the cluster").with_source(error)
}

/// Awaits `future` until `limit`.
async fn until<F: Future>(limit: Option<Instant>, future: F) -> Option<F::Output> {
    match limit {
        Some(limit) => tokio::time::timeout_at(limit.into(), future).await.ok(),
        None => Some(future.await),
    }
}

pub(super) fn location(uri: &str) -> Result<Location, String> {
    Location::parse(uri).map_err(|error| error.message)
}

/// Runs `work`, which reads or writes files, on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| error.message),
        Err(_) => Err("the operation was interrupted".to_owned()),
    }
}
