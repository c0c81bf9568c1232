//! Calling a task in a pod of its own, which whoever has started this pod starts: an engine, or a cluster.

#[cfg(feature = "cluster")]
mod cluster;

use std::{
    collections::HashMap,
    future::Future,
    io,
    pin::Pin,
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
};

use once_cell::sync::OnceCell;
use sealkit_idl::{
    engine::{self, Answer, Request},
    task::{Inputs, NamedLiteral},
};
use sealkit_process::Socket;

use crate::{
    Error, ErrorKind, TaskMetadata, Value, ValueError, Variable, identity,
    literal::{from_literal, to_literal},
};

/// Whoever has started this pod.
pub(crate) struct Link {
    starter: Starter,
    next: AtomicU64,
    calls: Mutex<Calls>,
    answered: Condvar,
}

enum Starter {
    /// At the other end of a socket, which is held while a message is sent, so that no other comes in between.
    Engine(Mutex<&'static Socket>),
    #[cfg(feature = "cluster")]
    Cluster(Box<cluster::Cluster>),
}

#[derive(Default)]
struct Calls {
    open: HashMap<u64, State>,
    /// Nobody answers any more.
    is_closed: bool,
}

enum State {
    Waiting(Option<Waker>),
    Answered(Answer),
}

/// The link to whoever has started this pod; without one, tasks run where they are called.
///
/// # Errors
///
/// [`ErrorKind::Configuration`] in a pod of a cluster, when the program or the pod lacks what it takes to ask it for others.
pub(crate) fn link() -> Option<Result<&'static Link, Error>> {
    static LINK: OnceCell<Link> = OnceCell::new();
    if !is_expected() {
        return None;
    }
    let mut is_new = false;
    let link = LINK.get_or_try_init(|| {
        is_new = true;
        let starter = match sealkit_process::engine_socket() {
            Some(socket) => Starter::Engine(Mutex::new(socket)),
            None => of_cluster()?,
        };
        let (calls, answered) = Default::default();
        Ok(Link { starter, next: AtomicU64::new(1), calls, answered })
    });
    if let (true, Ok(link), Some(socket)) = (is_new, &link, sealkit_process::engine_socket()) {
        let link: &'static Link = link;
        thread::spawn(|| link.listen(socket));
    }
    Some(link)
}

#[cfg(feature = "cluster")]
fn of_cluster() -> Result<Starter, Error> {
    Ok(Starter::Cluster(Box::new(cluster::Cluster::of_pod()?)))
}

#[cfg(not(feature = "cluster"))]
fn of_cluster() -> Result<Starter, Error> {
    let message = "a task that is called in a pod of a cluster gets a pod of its own, and this program cannot ask for it";
    Err(Error::new(ErrorKind::Configuration, message).with_hint(
        "build it with the feature that can: sealkit = { version = \"…\", features = [\"cluster\"] }; what is no \
         `#[task]` runs where it is called",
    ))
}

/// Whether tasks that are called get pods of their own. It does not change as long as the process lives.
pub(crate) fn is_expected() -> bool {
    static IS_ACTION: OnceLock<bool> = OnceLock::new();
    exists() || *IS_ACTION.get_or_init(identity::is_action)
}

/// Whether there is an engine.
pub(crate) fn exists() -> bool {
    sealkit_process::engine_socket().is_some()
}

impl Link {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a task to be run.
    pub(crate) fn call(
        &'static self,
        task: &'static TaskMetadata,
        inputs: &[(Variable, Value)],
    ) -> Result<Pending, Error> {
        let literal = |(input, value): &(Variable, Value)| {
            let value = Some(to_literal(input.r#type, value).map_err(|error| error.at(input.name))?);
            Ok(NamedLiteral { name: input.name.to_owned(), value })
        };
        let literals = inputs.iter().map(literal).collect::<Result<_, ValueError>>();
        let literals = literals.map_err(|error| unfit(task, &error))?;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.calls().open.insert(id, State::Waiting(None));
        let pending = Pending { link: self, task, id };
        let request = Request { id, task: task.name().to_owned(), inputs: Some(Inputs { literals }) };
        self.send(&request).map_err(|error| lost(task).with_source(error))?;
        Ok(pending)
    }

    fn send(&'static self, request: &Request) -> io::Result<()> {
        match &self.starter {
            Starter::Engine(socket) => {
                let socket = socket.lock().unwrap_or_else(PoisonError::into_inner);
                engine::send(*socket, request)
            }
            #[cfg(feature = "cluster")]
            Starter::Cluster(cluster) => {
                cluster.call(request.clone(), |answer| self.answer(answer));
                Ok(())
            }
        }
    }

    fn answer(&self, answer: Answer) {
        if let Some(state) = self.calls().open.get_mut(&answer.id) {
            if let State::Waiting(Some(waker)) = std::mem::replace(state, State::Answered(answer)) {
                waker.wake();
            }
            self.answered.notify_all();
        }
    }

    fn listen(&self, socket: &Socket) {
        while let Ok(Some(answer)) = engine::receive::<Answer>(socket) {
            self.answer(answer);
        }
        let mut calls = self.calls();
        calls.is_closed = true;
        for state in calls.open.values_mut() {
            if let State::Waiting(Some(waker)) = state {
                waker.wake_by_ref();
            }
        }
        self.answered.notify_all();
    }
}

/// A call whose answer is awaited; without its owner, nobody waits any more.
pub(crate) struct Pending {
    link: &'static Link,
    task: &'static TaskMetadata,
    id: u64,
}

impl Pending {
    /// Waits on this thread.
    pub(crate) fn wait(self) -> Result<Option<Value>, Error> {
        let is_open = |calls: &mut Calls| {
            !calls.is_closed && matches!(calls.open.get(&self.id), Some(State::Waiting(_)))
        };
        let calls = self.link.answered.wait_while(self.link.calls(), is_open);
        let mut calls = calls.unwrap_or_else(PoisonError::into_inner);
        let state = calls.open.remove(&self.id);
        drop(calls);
        self.result(state)
    }

    fn result(&self, state: Option<State>) -> Result<Option<Value>, Error> {
        let Some(State::Answered(answer)) = state else { return Err(lost(self.task)) };
        if let Some(error) = answer.error.and_then(|document| document.error) {
            let kind = ErrorKind::ALL.into_iter().find(|kind| kind.as_str() == error.code);
            let (message, hint) = match error.message.split_once("\nhint: ") {
                Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
                None => (error.message, None),
            };
            let error = Error::new(kind.unwrap_or(ErrorKind::Other), message);
            return Err(match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            });
        }
        let output = answer.outputs.and_then(|outputs| outputs.literals.into_iter().next());
        let value = output.map(|output| from_literal(output.value.unwrap_or_default())).transpose();
        value.map_err(|error| unfit(self.task, &error))
    }
}

impl Future for Pending {
    type Output = Result<Option<Value>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut calls = self.link.calls();
        let is_closed = calls.is_closed;
        if let Some(State::Waiting(waker)) = calls.open.get_mut(&self.id)
            && !is_closed
        {
            *waker = Some(task.waker().clone());
            return Poll::Pending;
        }
        let state = calls.open.remove(&self.id);
        drop(calls);
        Poll::Ready(self.result(state))
    }
}

/// Who gives up waiting tells the engine, which ends the pod.
impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(State::Waiting(_)) = self.link.calls().open.remove(&self.id) {
            let _ = self.link.send(&Request { id: self.id, ..Request::default() });
        }
    }
}

/// Something that Flyte has no value for.
pub(crate) fn unfit(task: &TaskMetadata, error: &ValueError) -> Error {
    Error::new(ErrorKind::InvalidValue, format!("call of task `{}`: {error}", task.name()))
}

fn lost(task: &TaskMetadata) -> Error {
    Error::new(ErrorKind::Other, format!("the engine has gone before task `{}` ended", task.name()))
}
