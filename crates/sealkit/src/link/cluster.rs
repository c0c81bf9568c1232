//! A cluster that has started this pod, as an action of a run, and starts further actions for it.
//!
//! What it takes is what the official SDK does (`flyte._internal.controllers.remote`): the inputs are written below the base
//! directory of the run, `ActionsService.Enqueue` starts the action, `WatchForUpdates` tells when it has ended, and where its
//! outputs are. The same call has the same name when this pod is tried again: its result is then there already.

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
    engine::{Answer, Request},
    prost::Message,
    task::Outputs,
    workflow::ActionUpdate,
};
use sealkit_names::variables;
use sealkit_remote::{Actions, Child, Client, Config, Destination, Notify};
use tokio::runtime::{Builder, Handle};

use crate::{
    Error, ErrorKind, identity, registry,
    spec::task_spec,
    storage::{self, Location},
};

/// How long an answer of the control plane is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Outputs of another pod are no larger: it would not have been let to write them.
const LARGEST_OUTPUTS: u64 = 256 << 20;

/// Below what the files of a run are.
const RUN_BASE: &str = "_U_RUN_BASE";

/// The cluster that has started this pod.
pub(super) struct Cluster {
    /// Where conversations with it go on, in a thread that does nothing else.
    runtime: Handle,
    actions: Actions,
    destination: Destination,
    parent: String,
    /// Which try of the parent this pod is.
    attempt: String,
    run_base: String,
    /// How often each call was made, by what it calls and with what.
    calls: Mutex<HashMap<String, u32>>,
    /// The names of the actions that are waited for.
    open: Mutex<HashMap<u64, String>>,
}

impl Cluster {
    pub(super) fn of_pod() -> Result<Self, Error> {
        let lacking = |what: &str| {
            let message =
                format!("a task that is called in a pod of a cluster gets a pod of its own, but {what}");
            Error::new(ErrorKind::Configuration, message)
                .with_hint("start the run with `sealkit run --remote`, or deploy it with `sealkit deploy`")
        };
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let mut destination =
            Destination::of_pod(&variable).ok_or_else(|| lacking("nobody has told from which image"))?;
        destination.program = env::args().next().unwrap_or_default();
        let run_base = variable(RUN_BASE).ok_or_else(|| lacking("nobody has told where its files are"))?;
        let failed = |error: &sealkit_remote::Error| {
            Error::new(
                ErrorKind::Configuration,
                format!("the cluster cannot be asked for another pod: {error}"),
            )
        };
        let config = Config::in_pod(&found).map_err(|error| failed(&error))?;
        let run = RunIdentifier {
            org: destination.org.clone(),
            project: destination.project.clone(),
            domain: destination.domain.clone(),
            name: identity::run().unwrap_or_default(),
        };
        let parent = identity::action().unwrap_or_default();
        let runtime = conversations()?;
        let client = {
            let _entered = runtime.enter();
            let nobody: Notify = std::sync::Arc::new(|_| {});
            Client::new(config, PATIENCE, nobody).map_err(|error| failed(&error))?
        };
        let actions = Actions::new(client, ActionIdentifier { run: Some(run), name: parent.clone() });
        let attempt = variable(variables::ATTEMPT).unwrap_or_default();
        let (calls, open) = Default::default();
        Ok(Self { runtime, actions, destination, parent, attempt, run_base, calls, open })
    }

    /// Starts what is asked for, and answers when it has ended; what nobody waits for any more is ended.
    pub(super) fn call(&'static self, request: Request, answer: impl FnOnce(Answer) + Send + 'static) {
        let open = || self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let id = request.id;
        if request.task.is_empty() {
            if let Some(name) = open().remove(&id) {
                self.runtime.spawn(async move { self.actions.abort(&name).await });
            }
            return;
        }
        let name = self.name(&request);
        open().insert(id, name.clone());
        self.runtime.spawn(async move {
            let is_wanted = || open().contains_key(&id);
            let mut outcome = self.perform(request.clone(), &name, is_wanted).await;
            if let Err(Unfinished { was_there: true, .. }) = outcome {
                // What has failed in a try before is tried again, as the caller is.
                let name = sealkit_remote::digest(&[name.as_bytes(), self.attempt.as_bytes()]);
                outcome = self.perform(request, &name, is_wanted).await;
            }
            open().remove(&id);
            answer(match outcome {
                Ok(outputs) => Answer { id, outputs: Some(outputs), error: None },
                Err(Unfinished { error, .. }) => {
                    Answer { id, outputs: None, error: Some(ErrorDocument { error: Some(error) }) }
                }
            });
        });
    }

    /// The name of the action: it follows from who calls what with what, and for which time.
    ///
    /// The version of the task is in it too: what another program has returned is no result.
    fn name(&self, request: &Request) -> String {
        let inputs = request.inputs.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let version = self.destination.version.as_deref().unwrap_or_default();
        let call = sealkit_remote::digest(&[request.task.as_bytes(), version.as_bytes(), &inputs]);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.entry(call.clone()).or_default();
        *count += 1;
        sealkit_remote::digest(&[self.parent.as_bytes(), call.as_bytes(), count.to_string().as_bytes()])
    }

    async fn perform(
        &'static self,
        request: Request,
        name: &str,
        is_wanted: impl Fn() -> bool,
    ) -> Result<Outputs, Unfinished> {
        let Request { task, inputs, .. } = request;
        let metadata = registry::find(&task).map_err(|error| Unfinished::here(error.to_string()))?;
        let mut spec = task_spec(metadata);
        self.destination.address(&mut spec);
        let input_uri = format!("{}/{name}/inputs.pb", self.run_base.trim_end_matches('/'));
        let to = location(&input_uri).map_err(Unfinished::here)?;
        let content = inputs.unwrap_or_default().encode_to_vec();
        let written = blocking(move || storage::write(&to, &content)).await;
        let unwritten =
            |why| Unfinished::here(format!("the inputs of task `{task}` cannot be written: {why}"));
        written.map_err(unwritten)?;
        if !is_wanted() {
            return Err(Unfinished::here(format!("nobody waits for task `{task}` any more")));
        }
        let run_output_base = self.run_base.clone();
        let child = Child { name: name.to_owned(), input_uri, run_output_base, task: spec };
        let (update, was_there) = self.actions.run(child).await.map_err(|error| {
            let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            Unfinished::here(format!("the cluster cannot be asked for task `{task}`: {error}{hint}"))
        })?;
        match update.phase() {
            phase if phase.is_success() => {
                if metadata.interface().outputs.is_empty() {
                    return Ok(Outputs::default());
                }
                // Read where they are, as the official SDK does. After a connection was lost, open-source Flyte names another place.
                if let Ok(from) = location(&update.output_uri)
                    && let Ok(bytes) =
                        blocking(move || storage::read(&from.join("outputs.pb"), LARGEST_OUTPUTS)).await
                    && let Ok(outputs) = Outputs::decode(&*bytes)
                {
                    return Ok(outputs);
                }
                let outputs = self.actions.outputs(name).await;
                let unread =
                    |why| Unfinished::here(format!("the outputs of task `{task}` cannot be read: {why}"));
                outputs.map_err(unread)
            }
            ActionPhase::Aborted => Err(Unfinished::here(format!("task `{task}` was aborted"))),
            phase => {
                let error = match phase {
                    ActionPhase::TimedOut => error(format!("task `{task}` has timed out")),
                    _ => self.why(&task, name, update).await,
                };
                Err(Unfinished { error, was_there })
            }
        }
    }

    /// Why an action has failed: as the cluster tells, else as the pod has written.
    async fn why(&self, task: &str, name: &str, update: ActionUpdate) -> ContainerError {
        if let Some(error) = update.error.filter(|error| !error.message.is_empty()) {
            return ContainerError { code: error.code, message: error.message, ..ContainerError::default() };
        }
        let written = location(&format!("{}/{name}/1/error.pb", self.run_base.trim_end_matches('/')));
        if let Ok(from) = written
            && let Ok(bytes) = blocking(move || storage::read(&from, LARGEST_OUTPUTS)).await
            && let Ok(ErrorDocument { error: Some(error) }) = ErrorDocument::decode(&*bytes)
        {
            return error;
        }
        error(format!("task `{task}` failed"))
    }
}

/// Why there are no outputs.
struct Unfinished {
    error: ContainerError,
    /// It was a try of the caller before this one that has asked for it.
    was_there: bool,
}

impl Unfinished {
    /// Something on this side.
    fn here(message: String) -> Self {
        Self { error: error(message), was_there: false }
    }
}

fn error(message: String) -> ContainerError {
    ContainerError { code: ErrorKind::Other.as_str().to_owned(), message, ..ContainerError::default() }
}

/// A variable of this pod. The API key of Union is a secret like any other, and has left the environment.
fn found(name: &str) -> Option<OsString> {
    let hidden = || str::from_utf8(sealkit_process::secret(name)?).ok().map(OsString::from);
    env::var_os(name).or_else(hidden)
}

/// A runtime of one thread, on which conversations go on as long as the process lives.
fn conversations() -> Result<Handle, Error> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Other, "the cluster cannot be asked for another pod").with_source(error)
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let converse = move || runtime.block_on(std::future::pending::<()>());
    thread::Builder::new().name("sealkit-actions".to_owned()).spawn(converse).map_err(failed)?;
    Ok(handle)
}

fn location(uri: &str) -> Result<Location, String> {
    Location::of(uri).map_err(|refusal| refusal.message)
}

/// Waits for files on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, storage::Refusal> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|refusal| refusal.message),
        Err(_) => Err("it was interrupted".to_owned()),
    }
}
