//! Child actions of an action: each task that a task calls runs in a pod of its own.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use sealkit_idl::{
    actions::{
        AbortRequest, Action, ActionSpec, EnqueueRequest, WatchFilter, WatchForUpdatesRequest,
        WatchForUpdatesResponse, WatchMessage,
    },
    common::{ActionIdentifier, ActionPhase},
    core::TypedInterface,
    service,
    task::Outputs,
    workflow::{ActionUpdate, OutputReferences, TaskAction, TraceAction, TraceSpec},
};
use tokio::{sync::watch, time::sleep};
use tonic::Code;

use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
    method::Method,
    rpc_error::RpcError,
    tasks::TaskDefinition,
};

const ENQUEUE: Method = Method { service: service::ACTIONS, name: "Enqueue", is_idempotent: true };
const ABORT: Method = Method { service: service::ACTIONS, name: "Abort", is_idempotent: true };
const WATCH: Method = Method { service: service::ACTIONS, name: "WatchForUpdates", is_idempotent: true };

/// How many connections in a row may be lost without an update. The control plane may restart meanwhile.
const MAX_LOST_CONNECTIONS: u32 = 20;

/// The child actions of one parent action.
#[derive(Clone, Debug)]
pub struct Actions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    parent: ActionIdentifier,
    /// The updates of all children. The first call of [`Actions::start`] starts to watch them.
    updates: OnceLock<watch::Receiver<WatchState>>,
}

/// The updates that were received so far.
#[derive(Debug, Default)]
struct WatchState {
    updates: HashMap<String, ActionUpdate>,
    /// Why no more updates will follow.
    error: Option<Error>,
}

/// A child action to run.
#[derive(Clone, Debug)]
pub struct ChildAction {
    /// The name. A retry of the parent must use the same name for the same call.
    pub name: String,
    /// The URI of the inputs.
    pub input_uri: String,
    /// The URI below which the action writes its outputs.
    pub run_output_base: String,
    /// The task to run.
    pub task: Arc<TaskDefinition>,
    /// The key of the cached result, if results are cached.
    pub cache_key: Option<String>,
}

/// Work that the parent action has done, to be shown below it.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The name of its action, unique in the run.
    pub action: String,
    /// The name of the work.
    pub name: String,
    /// The URI of its inputs.
    pub input_uri: String,
    /// The URI of its outputs.
    pub output_uri: String,
    /// The base directory of the run.
    pub run_output_base: String,
    /// Its interface.
    pub interface: TypedInterface,
    /// When it started.
    pub started: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
}

impl Actions {
    /// Creates the child actions of the action `parent`.
    pub fn new(client: Client, parent: ActionIdentifier) -> Self {
        Self(Arc::new(Inner { client, parent, updates: OnceLock::new() }))
    }

    /// Starts a child action. Returns whether an earlier attempt of the parent already created it.
    ///
    /// Must be called on a tokio runtime: the first call spawns a task that receives the updates of all children.
    ///
    /// # Errors
    ///
    /// Returns an error if the action cannot be enqueued.
    pub async fn start(&self, child: ChildAction) -> Result<bool> {
        let ChildAction { name, input_uri, run_output_base, task, cache_key } = child;
        self.updates();
        let task = TaskAction { id: Some(task.id.clone()), spec: task.encoded.clone(), cache_key };
        self.enqueue(&name, input_uri, run_output_base, ActionSpec::Task(Box::new(task))).await
    }

    /// Records work that the parent action has done.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn record(&self, trace: Trace) -> Result<()> {
        let Trace { action, name, input_uri, output_uri, run_output_base, interface, started, ended } = trace;
        let spec = TraceAction {
            name,
            phase: ActionPhase::Succeeded.into(),
            start_time: Some(started.into()),
            end_time: Some(ended.into()),
            outputs: Some(OutputReferences { output_uri }),
            spec: Some(TraceSpec { interface: Some(interface) }),
        };
        self.enqueue(&action, input_uri, run_output_base, ActionSpec::Trace(spec)).await.map(drop)
    }

    /// Adds a child action. Returns whether an earlier attempt of the parent already created it.
    async fn enqueue(
        &self,
        name: &str,
        input_uri: String,
        run_output_base: String,
        spec: ActionSpec,
    ) -> Result<bool> {
        let action = Action {
            action_id: Some(self.id(name)),
            parent_action_name: Some(self.0.parent.name.clone()),
            input_uri,
            run_output_base,
            spec: Some(spec),
        };
        let request = EnqueueRequest { action: Some(action) };
        match self.0.client.control_plane().call::<_, service::Empty>(ENQUEUE, &request).await {
            // Open-source Flyte reports an existing action with another code.
            Err(error) if error.code() == Code::AlreadyExists || error.message_contains("already exists") => {
                Ok(!error.was_retried)
            }
            other => Ok(other.map(|_| false)?),
        }
    }

    /// Waits until a started child action is in a phase that `is_reached` accepts, and returns the update.
    ///
    /// Must be called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection for updates is lost for good.
    pub async fn wait_for(
        &self,
        name: &str,
        is_reached: impl Fn(ActionPhase) -> bool,
    ) -> Result<ActionUpdate> {
        let reached =
            |state: &WatchState| state.updates.get(name).filter(|update| is_reached(update.phase())).cloned();
        let mut updates = self.updates();
        let is_final = |state: &WatchState| state.error.is_some() || reached(state).is_some();
        let state = updates.wait_for(is_final).await.map_err(|_| updates_stopped())?;
        reached(&state).ok_or_else(|| state.error.clone().unwrap_or_else(updates_stopped))
    }

    /// Returns the outputs of a succeeded action from the control plane, whose updates do not always contain the right URI.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn outputs(&self, name: &str) -> Result<Outputs> {
        self.0.client.action_outputs(self.id(name)).await
    }

    /// Aborts an action whose result is no longer needed. An action that has ended is left alone.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn abort(&self, name: &str) -> Result<()> {
        let reason = Some("the caller no longer waits for it".to_owned());
        let request = AbortRequest { action_id: Some(self.id(name)), reason };
        match self.0.client.control_plane().call::<_, service::Empty>(ABORT, &request).await {
            // The action has already ended.
            Err(error) if matches!(error.code(), Code::NotFound | Code::FailedPrecondition) => Ok(()),
            // Open-source Flyte reports a deleted action with another code.
            Err(error) if error.code() == Code::Internal && error.message_contains("not found") => Ok(()),
            other => other.map(|_| ()).map_err(Error::from),
        }
    }

    fn id(&self, name: &str) -> ActionIdentifier {
        ActionIdentifier { run: self.0.parent.run.clone(), name: name.to_owned() }
    }

    fn updates(&self) -> watch::Receiver<WatchState> {
        let start = || {
            let (sender, receiver) = watch::channel(WatchState::default());
            tokio::spawn(watch_updates(self.0.client.clone(), self.0.parent.clone(), sender));
            receiver
        };
        self.0.updates.get_or_init(start).clone()
    }
}

fn updates_stopped() -> Error {
    Error::new(ErrorKind::Local, "cannot watch the child actions: the watch has stopped")
}

fn no_updates() -> Error {
    Error::new(ErrorKind::Server, "cannot watch the child actions: the control plane sends no updates")
}

/// Receives updates, reconnecting as needed, until all receivers are dropped.
async fn watch_updates(client: Client, parent: ActionIdentifier, state: watch::Sender<WatchState>) {
    let mut lost = 0;
    loop {
        let mut has_received = false;
        let outcome = receive_updates(&client, &parent, &state, &mut has_received).await;
        lost = if has_received { 0 } else { lost + 1 };
        let error = match outcome {
            Ok(()) if state.is_closed() => return,
            Ok(()) => None,
            Err(error) => Some(error),
        };
        let is_final = error.as_ref().is_some_and(|error| !error.is_interruption());
        if is_final || lost == MAX_LOST_CONNECTIONS {
            let error = error.map_or_else(no_updates, Error::from);
            state.send_modify(|state| state.error = Some(error));
            return;
        }
        sleep(Duration::from_millis(250 << lost.min(5))).await;
    }
}

/// Receives updates over one connection until it ends.
async fn receive_updates(
    client: &Client,
    parent: &ActionIdentifier,
    state: &watch::Sender<WatchState>,
    has_received: &mut bool,
) -> Result<(), RpcError> {
    let route = client.control_plane();
    let request = WatchForUpdatesRequest { filter: Some(WatchFilter::ParentActionId(parent.clone())) };
    let mut stream = route.stream::<_, WatchForUpdatesResponse>(WATCH, &request).await?;
    while let Some(message) = stream.next().await? {
        *has_received = true;
        if let Some(WatchMessage::ActionUpdate(update)) = message.message {
            let name = update.action_id.clone().unwrap_or_default().name;
            state.send_modify(|state| {
                state.updates.insert(name, update);
            });
        }
    }
    Ok(())
}
