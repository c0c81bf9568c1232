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
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use sealkit_idl::{
    common::{ActionIdentifier, ActionPhase, RunIdentifier},
    core::{ContainerError, ErrorDocument},
    engine::{CallRequest, CallResponse},
    prost::Message,
    task::Outputs,
    workflow::ActionUpdate,
};
use sealkit_names::variables;
use sealkit_remote::{Actions, ChildAction, Client, Config, Deployment, Notify};
use tokio::runtime::{Builder, Handle};

use crate::{
    Error, ErrorKind, identity, registry,
    spec::task_spec,
    storage::{self, Location, StorageError},
};

/// The timeout of a request to the control plane.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Large enough for the outputs of every pod: a pod refuses to write larger ones.
const MAX_OUTPUT_BYTES: u64 = 256 << 20;

/// The variable that holds the base directory of the run's files.
const RUN_BASE: &str = "_U_RUN_BASE";

/// Starts child actions through the control plane.
pub(super) struct ClusterController {
    /// Requests run here, on a thread of their own.
    runtime: Handle,
    actions: Actions,
    deployment: Deployment,
    parent: String,
    /// The attempt of the parent action that this pod is.
    attempt: String,
    run_base: String,
    /// The number of calls so far, by the digest of task and inputs.
    call_counts: Mutex<HashMap<String, u32>>,
    /// The names of the actions that callers wait for, by the id of the call.
    running: Mutex<HashMap<u64, String>>,
}

impl ClusterController {
    pub(super) fn from_pod() -> Result<Self, Error> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let mut deployment =
            Deployment::from_pod_environment(&variable).ok_or_else(|| incomplete_environment("its image"))?;
        deployment.program = env::args().next().unwrap_or_default();
        let run_base =
            variable(RUN_BASE).ok_or_else(|| incomplete_environment("the base directory of the run"))?;
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
            let ignore: Notify = std::sync::Arc::new(|_| {});
            Client::new(config, REQUEST_TIMEOUT, ignore).map_err(|error| no_client(&error))?
        };
        let actions = Actions::new(client, ActionIdentifier { run: Some(run), name: parent.clone() });
        let attempt = variable(variables::ATTEMPT).unwrap_or_default();
        let (call_counts, running) = Default::default();
        Ok(Self { runtime, actions, deployment, parent, attempt, run_base, call_counts, running })
    }

    /// Starts the requested task and passes its response to `respond` when it ends.
    ///
    /// A request without a task name aborts the action of an earlier request.
    pub(super) fn call(
        &'static self,
        request: CallRequest,
        respond: impl FnOnce(CallResponse) + Send + 'static,
    ) {
        let running = || self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let id = request.id;
        if request.task.is_empty() {
            if let Some(name) = running().remove(&id) {
                self.runtime.spawn(async move { self.actions.abort(&name).await });
            }
            return;
        }
        let name = self.action_name(&request);
        running().insert(id, name.clone());
        self.runtime.spawn(async move {
            let is_awaited = || running().contains_key(&id);
            let mut outcome = self.run_action(request.clone(), &name, is_awaited).await;
            if let Err(ActionError { existed: true, .. }) = outcome {
                // The action failed in an earlier attempt of the caller: like the caller, it gets another attempt.
                let name = sealkit_remote::digest(&[name.as_bytes(), self.attempt.as_bytes()]);
                outcome = self.run_action(request, &name, is_awaited).await;
            }
            running().remove(&id);
            respond(match outcome {
                Ok(outputs) => CallResponse { id, outputs: Some(outputs), error: None },
                Err(ActionError { error, .. }) => {
                    CallResponse { id, outputs: None, error: Some(ErrorDocument { error: Some(error) }) }
                }
            });
        });
    }

    /// Returns the name of the action, which is derived from the parent, the task, its inputs and the number of the call.
    ///
    /// The version of the task is included: outputs of another version of the program must not be reused.
    fn action_name(&self, request: &CallRequest) -> String {
        let inputs = request.inputs.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let version = self.deployment.version.as_deref().unwrap_or_default();
        let call = sealkit_remote::digest(&[request.task.as_bytes(), version.as_bytes(), &inputs]);
        let mut counts = self.call_counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(call.clone()).or_default();
        *count += 1;
        sealkit_remote::digest(&[self.parent.as_bytes(), call.as_bytes(), count.to_string().as_bytes()])
    }

    async fn run_action(
        &'static self,
        request: CallRequest,
        name: &str,
        is_awaited: impl Fn() -> bool,
    ) -> Result<Outputs, ActionError> {
        let CallRequest { task, inputs, .. } = request;
        let metadata = registry::find(&task).map_err(|error| ActionError::local(error.to_string()))?;
        let mut spec = task_spec(metadata);
        self.deployment.apply_to(&mut spec);
        let input_uri = format!("{}/{name}/inputs.pb", self.run_base.trim_end_matches('/'));
        let to = location(&input_uri).map_err(ActionError::local)?;
        let content = inputs.unwrap_or_default().encode_to_vec();
        blocking(move || storage::write(&to, &content)).await.map_err(|error| {
            ActionError::local(format!("cannot write the inputs of task `{task}`: {error}"))
        })?;
        if !is_awaited() {
            return Err(ActionError::local(format!("the call of task `{task}` was cancelled")));
        }
        let run_output_base = self.run_base.clone();
        let child = ChildAction { name: name.to_owned(), input_uri, run_output_base, task: spec };
        let (update, existed) = self.actions.run(child).await.map_err(|error| {
            let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            ActionError::local(format!("cannot start a pod for task `{task}`: {error}{hint}"))
        })?;
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
                self.actions.outputs(name).await.map_err(|error| {
                    ActionError::local(format!("cannot read the outputs of task `{task}`: {error}"))
                })
            }
            ActionPhase::Aborted => Err(ActionError::local(format!("task `{task}` was aborted"))),
            phase => {
                let error = match phase {
                    ActionPhase::TimedOut => container_error(format!("task `{task}` timed out")),
                    _ => self.failure(&task, name, update).await,
                };
                Err(ActionError { error, existed })
            }
        }
    }

    /// Returns the error of a failed action: from the control plane, or else from the file that the pod has written.
    async fn failure(&self, task: &str, name: &str, update: ActionUpdate) -> ContainerError {
        if let Some(error) = update.error.filter(|error| !error.message.is_empty()) {
            return ContainerError { code: error.code, message: error.message, ..ContainerError::default() };
        }
        let written = location(&format!("{}/{name}/1/error.pb", self.run_base.trim_end_matches('/')));
        if let Ok(from) = written
            && let Ok(bytes) = blocking(move || storage::read(&from, MAX_OUTPUT_BYTES)).await
            && let Ok(ErrorDocument { error: Some(error) }) = ErrorDocument::decode(&*bytes)
        {
            return error;
        }
        container_error(format!("task `{task}` failed"))
    }
}

/// The error of a child action without outputs.
struct ActionError {
    error: ContainerError,
    /// An earlier attempt of the caller had already started the action.
    existed: bool,
}

impl ActionError {
    /// An error of this pod, not of the action.
    fn local(message: String) -> Self {
        Self { error: container_error(message), existed: false }
    }
}

fn container_error(message: String) -> ContainerError {
    ContainerError { code: ErrorKind::Other.as_str().to_owned(), message, ..ContainerError::default() }
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

fn location(uri: &str) -> Result<Location, String> {
    Location::parse(uri).map_err(|error| error.message)
}

/// Runs `work`, which reads or writes files, on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| error.message),
        Err(_) => Err("the operation was interrupted".to_owned()),
    }
}
