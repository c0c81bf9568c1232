//! The controller of a pod: runs the tasks that the pod calls in pods of their own.
//!
//! In a local run the controller is the engine at the other end of a socket; on a cluster it is Flyte's `ActionsService`.

#[cfg(feature = "cluster")]
mod cache_key;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(feature = "cluster")]
mod definitions;
#[cfg(feature = "cluster")]
mod deterministic;
mod steps;
#[cfg(feature = "cluster")]
mod traces;

use std::{
    collections::HashMap,
    future::Future,
    io::{self, BufReader},
    pin::Pin,
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
    thread,
};

use once_cell::sync::OnceCell;
use sealkit_idl::task::{NamedLiteral, Outputs};
use sealkit_process::Socket;
use sealkit_protocol::{
    Code, Hello, Problem,
    call::{Call, FromControllerFrame, Success, ToController, ToControllerFrame},
    frame,
};

pub(crate) use self::steps::PendingStep;
use crate::{
    Error, ErrorKind, TaskMetadata, Value, ValueError, Variable, identity,
    literal::{from_outputs, to_literal},
};

/// The controller of this pod.
pub(crate) struct Controller {
    backend: Backend,
    next_id: AtomicU64,
    calls: Mutex<Calls>,
    changed: Condvar,
}

enum Backend {
    /// The local engine.
    Engine(&'static Socket),
    #[cfg(feature = "cluster")]
    Cluster(Box<cluster::ClusterController>),
}

#[derive(Default)]
struct Calls {
    by_id: HashMap<u64, CallState>,
    /// No more responses arrive: the engine has closed the socket, or it cannot be understood.
    is_disconnected: bool,
    is_misunderstood: bool,
}

enum CallState {
    Pending(Option<Waker>),
    Finished(Result<Outputs, Problem>),
}

/// Returns the controller of this pod, or `None` where tasks run in the process that calls them.
///
/// # Errors
///
/// [`ErrorKind::Configuration`] in a pod of a cluster, if the program or the pod lacks what it needs to start other actions.
pub(crate) fn current() -> Option<Result<&'static Controller, Error>> {
    static CONTROLLER: OnceCell<Controller> = OnceCell::new();
    if !is_available() {
        return None;
    }
    let mut receiver = None;
    let controller = CONTROLLER.get_or_try_init(|| {
        let backend = match sealkit_process::engine_socket() {
            Some(socket) => {
                receiver = Some(start_receiver(socket)?);
                Backend::Engine(socket)
            }
            None => cluster_backend()?,
        };
        let (calls, changed) = Default::default();
        Ok(Controller { backend, next_id: AtomicU64::new(1), calls, changed })
    });
    if let (Some(receiver), Ok(controller)) = (receiver, &controller) {
        // It waits for this.
        let _ = receiver.send(controller);
    }
    Some(controller)
}

/// Starts the thread that receives the responses of the engine, for the controller that is sent to it.
fn start_receiver(socket: &'static Socket) -> Result<mpsc::Sender<&'static Controller>, Error> {
    let (sender, controller) = mpsc::channel::<&'static Controller>();
    let receive = move || {
        if let Ok(controller) = controller.recv() {
            controller.receive_responses(socket);
        }
    };
    thread::Builder::new().spawn(receive).map_err(|error| {
        Error::new(ErrorKind::Io, "cannot start a thread that waits for called tasks")
            .with_hint("raise the limits: see `ulimit -u`")
            .with_source(error)
    })?;
    Ok(sender)
}

#[cfg(feature = "cluster")]
fn cluster_backend() -> Result<Backend, Error> {
    Ok(Backend::Cluster(Box::new(cluster::ClusterController::from_pod()?)))
}

#[cfg(not(feature = "cluster"))]
fn cluster_backend() -> Result<Backend, Error> {
    let message =
        "cannot start a pod for the called task: this program was built without the feature `cluster`";
    Err(Error::new(ErrorKind::Configuration, message).with_hint(
        "enable it: sealkit = { version = \"…\", features = [\"cluster\"] }; a function without `#[task]` runs in the \
         process that calls it",
    ))
}

/// Whether called tasks run in pods of their own. The answer is the same for the lifetime of the process.
pub(crate) fn is_available() -> bool {
    static IS_ACTION: OnceLock<bool> = OnceLock::new();
    has_engine() || *IS_ACTION.get_or_init(identity::is_action)
}

/// Whether a local engine has started this process.
pub(crate) fn has_engine() -> bool {
    sealkit_process::engine_socket().is_some()
}

impl Controller {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task.
    pub(crate) fn call(
        &'static self,
        task: &'static TaskMetadata,
        inputs: &[(Variable, Value)],
    ) -> Result<PendingCall, Error> {
        let literal = |(input, value): &(Variable, Value)| {
            let value = Some(to_literal(input.r#type, value).map_err(|error| error.at(input.name))?);
            Ok(NamedLiteral { name: input.name.to_owned(), value })
        };
        let literals = inputs.iter().map(literal).collect::<Result<Vec<_>, ValueError>>();
        let mut literals = literals.map_err(|error| invalid_value(task, &error))?;
        // The order is part of the cache key of a cluster.
        literals.sort_by(|a, b| a.name.cmp(&b.name));
        let id = self.next_id();
        let pending = PendingCall { controller: self, task, id };
        let call = Call { id, task: task.name().to_owned(), inputs: literals.into() };
        match &self.backend {
            Backend::Engine(socket) => {
                send(socket, ToController::Call(call))
                    .map_err(|error| not_sent(&format!("call of task `{}`", task.name()), error))?;
            }
            #[cfg(feature = "cluster")]
            Backend::Cluster(cluster) => cluster.call(call, move |result| self.finish(id, result)),
        }
        Ok(pending)
    }

    /// Returns the number of the next call or question.
    fn next_id(&self) -> u64 {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.calls().by_id.insert(id, CallState::Pending(None));
        id
    }

    /// Takes the result of a call or question, or registers the waker until it is there.
    fn poll_state(&self, id: u64, waker: &Waker) -> Poll<Option<CallState>> {
        let mut calls = self.calls();
        let is_disconnected = calls.is_disconnected;
        if let Some(CallState::Pending(known)) = calls.by_id.get_mut(&id)
            && !is_disconnected
        {
            *known = Some(waker.clone());
            return Poll::Pending;
        }
        Poll::Ready(calls.by_id.remove(&id))
    }

    /// Blocks this thread until the result of a call or question is there.
    fn wait_for(&self, id: u64) -> Option<CallState> {
        let is_pending = |calls: &mut Calls| {
            !calls.is_disconnected && matches!(calls.by_id.get(&id), Some(CallState::Pending(_)))
        };
        let calls = self.changed.wait_while(self.calls(), is_pending);
        calls.unwrap_or_else(PoisonError::into_inner).by_id.remove(&id)
    }

    /// The error if there will be no answer before `event`.
    fn no_answer(&self, event: &str) -> Error {
        if self.calls().is_misunderstood {
            return Error::new(
                ErrorKind::Configuration,
                "cannot understand the answer of the `sealkit` command",
            )
            .with_hint(
                "install the command again, and build the program again, with the same version of sealkit",
            );
        }
        Error::new(ErrorKind::Other, format!("the engine exited before {event}"))
    }

    /// Cancels a call: its result is no longer needed.
    fn cancel(&'static self, id: u64) {
        match &self.backend {
            Backend::Engine(socket) => {
                let _ = send(socket, ToController::Cancel(id));
            }
            #[cfg(feature = "cluster")]
            Backend::Cluster(cluster) => cluster.cancel(id),
        }
    }

    /// Stores the result of a call and wakes the task that waits for it.
    fn finish(&self, id: u64, result: Result<Outputs, Problem>) {
        let mut calls = self.calls();
        let Some(state) = calls.by_id.get_mut(&id) else { return };
        let before = std::mem::replace(state, CallState::Finished(result));
        // Release the lock first: the woken task takes it.
        drop(calls);
        match before {
            CallState::Pending(Some(waker)) => waker.wake(),
            _ => self.changed.notify_all(),
        }
    }

    fn receive_responses(&self, socket: &Socket) {
        let mut socket = BufReader::new(socket);
        let is_misunderstood = loop {
            match frame::read(&mut socket) {
                Ok(Some(FromControllerFrame { message: Some(message) })) => {
                    let (id, result) = message.into_result();
                    self.finish(id, result);
                }
                Ok(Some(FromControllerFrame { message: None })) => break true,
                Ok(None) => break false,
                Err(error) => break error.kind() == io::ErrorKind::InvalidData,
            }
        };
        let mut calls = self.calls();
        (calls.is_disconnected, calls.is_misunderstood) = (true, is_misunderstood);
        let waker = |state: &mut CallState| match state {
            CallState::Pending(waker) => waker.take(),
            CallState::Finished(_) => None,
        };
        let wakers: Vec<Waker> = calls.by_id.values_mut().filter_map(waker).collect();
        drop(calls);
        wakers.into_iter().for_each(Waker::wake);
        self.changed.notify_all();
    }
}

/// A call that has not finished yet. Dropping it cancels the call.
pub(crate) struct PendingCall {
    controller: &'static Controller,
    task: &'static TaskMetadata,
    id: u64,
}

impl PendingCall {
    /// Blocks this thread until the call finishes.
    pub(crate) fn wait(self) -> Result<Option<Value>, Error> {
        let state = self.controller.wait_for(self.id);
        self.result(state)
    }

    fn result(&self, state: Option<CallState>) -> Result<Option<Value>, Error> {
        let Some(CallState::Finished(result)) = state else {
            return Err(self.controller.no_answer(&format!("task `{}` finished", self.task.name())));
        };
        let literals = result?.literals;
        if literals.is_empty() {
            return Ok(None);
        }
        let value = from_outputs(self.task.interface().outputs, literals);
        value.map(Some).map_err(|error| invalid_value(self.task, &error))
    }
}

impl Future for PendingCall {
    type Output = Result<Option<Value>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        self.controller.poll_state(self.id, task.waker()).map(|state| self.result(state))
    }
}

/// Cancels a call that has not finished.
impl Drop for PendingCall {
    fn drop(&mut self) {
        let state = self.controller.calls().by_id.remove(&self.id);
        // Without the lock: the engine may be sending what only the receiving thread, which needs the lock, can take.
        if let Some(CallState::Pending(_)) = state {
            self.controller.cancel(self.id);
        }
    }
}

/// Sends a message to the engine.
fn send(socket: &Socket, message: ToController) -> io::Result<()> {
    // Whether the first message is sent. The lock is held while a message is sent, so that messages do not interleave.
    static HAS_GREETED: Mutex<bool> = Mutex::new(false);
    let mut has_greeted = HAS_GREETED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*has_greeted {
        frame::write(socket, &ToControllerFrame::from(ToController::Hello(Hello::current())))?;
        *has_greeted = true;
    }
    frame::write(socket, &ToControllerFrame::from(message))
}

/// Sends the answer of this pod to the engine.
pub(crate) fn answer(socket: &Socket, result: Result<Success, Problem>) -> io::Result<()> {
    match send(socket, ToController::Answer(result.into())) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let problem =
                Problem::new(Code::TooLarge, format!("the output of the task is too large: {error}"));
            send(socket, ToController::Answer(Err(problem).into()))
        }
        sent => sent,
    }
}

/// The error for an input or output that Flyte cannot represent.
pub(crate) fn invalid_value(task: &TaskMetadata, error: &ValueError) -> Error {
    Error::new(ErrorKind::InvalidValue, format!("call of task `{}`: {error}", task.name()))
}

/// The error if the engine did not get `subject`.
fn not_sent(subject: &str, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::InvalidInput {
        return Error::new(ErrorKind::TooLarge, format!("{subject}: {error}"));
    }
    Error::new(ErrorKind::Other, format!("{subject}: the engine has exited")).with_source(error)
}
