//! Questions of a pod about the steps of its task.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::SystemTime,
};

use sealkit_idl::task::Outputs;
use sealkit_process::Socket;
use sealkit_protocol::call::{Step, ToController};

use super::{Backend, CallState, Controller, not_sent, send};
use crate::{Error, Interface};

impl Controller {
    /// Asks for the recorded result of a step. The answer has no outputs if there is none.
    pub(crate) fn find_step(&'static self, name: &str) -> Result<PendingStep, Error> {
        let pending = PendingStep { controller: self, id: self.next_id() };
        let id = pending.id;
        match &self.backend {
            Backend::Engine(socket) => {
                send_step(socket, Step { id, name: name.to_owned(), result: None })?;
            }
            #[cfg(feature = "cluster")]
            Backend::Cluster(cluster) => cluster.find_step(name, move |result| self.finish(id, result)),
        }
        Ok(pending)
    }

    /// Records the result of a step that started at `started`.
    pub(crate) fn record_step(
        &'static self,
        name: &str,
        outputs: Outputs,
        interface: &Interface,
        started: SystemTime,
    ) -> Result<PendingStep, Error> {
        let pending = PendingStep { controller: self, id: self.next_id() };
        let id = pending.id;
        match &self.backend {
            Backend::Engine(socket) => {
                let _ = (interface, started);
                send_step(socket, Step { id, name: name.to_owned(), result: Some(outputs) })?;
            }
            #[cfg(feature = "cluster")]
            Backend::Cluster(cluster) => {
                let interface = crate::literal::interface(interface);
                cluster.record_step(name, outputs, interface, started, move |result| self.finish(id, result));
            }
        }
        Ok(pending)
    }
}

fn send_step(socket: &Socket, step: Step) -> Result<(), Error> {
    let name = step.name.clone();
    send(socket, ToController::Step(step)).map_err(|error| not_sent(&format!("step `{name}`"), error))
}

/// A question about a step that has not been answered yet.
pub(crate) struct PendingStep {
    controller: &'static Controller,
    id: u64,
}

impl PendingStep {
    /// Blocks this thread until the answer is there.
    pub(crate) fn wait(self) -> Result<Outputs, Error> {
        let state = self.controller.wait_for(self.id);
        self.result(state)
    }

    fn result(&self, state: Option<CallState>) -> Result<Outputs, Error> {
        match state {
            Some(CallState::Finished(result)) => Ok(result?),
            _ => Err(self.controller.no_answer("the step was answered")),
        }
    }
}

impl Future for PendingStep {
    type Output = Result<Outputs, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        self.controller.poll_state(self.id, task.waker()).map(|state| self.result(state))
    }
}

/// Forgets the question.
impl Drop for PendingStep {
    fn drop(&mut self) {
        self.controller.calls().by_id.remove(&self.id);
    }
}
