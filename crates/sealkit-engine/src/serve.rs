//! Serves the calls that a pod makes.

use std::{
    io,
    sync::{Arc, mpsc::Sender},
};

use rustix::process::Signal;
use sealkit_program::BUILD_AGAIN;
use sealkit_protocol::{
    Code, Problem,
    call::{Call, FromController, FromControllerFrame, Step, Success, ToController, ToControllerFrame},
    frame,
};

use crate::{
    engine::{Caller, Engine, lock},
    pod::PodSocket,
    served::{CallingPod, ServedCall},
};

impl Engine {
    /// Serves the calls of a pod until it closes its socket, and passes on its answer.
    pub(crate) fn serve(
        self: Arc<Self>,
        pod: u64,
        task: &str,
        depth: usize,
        socket: &Arc<PodSocket>,
        answer: &Sender<Result<Success, Problem>>,
    ) {
        let malformed = |reason: &str| {
            let message = format!("cannot understand the pod of task `{task}`: a message is {reason}");
            Problem::new(Code::Other, message).with_hint(BUILD_AGAIN).not_retryable()
        };
        let (mut messages, calling) = (socket.reader(), Arc::new(CallingPod::new(socket.clone())));
        loop {
            let message = match frame::read::<ToControllerFrame>(&mut messages) {
                Ok(Some(frame)) => frame.message,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return self.misunderstand(pod, malformed(&error.to_string()));
                }
                // The pod has exited. A stopped supervisor has to notice that its child has.
                Ok(None) | Err(_) => {
                    self.signal_group(pod, Signal::CONT);
                    return;
                }
            };
            match message {
                Some(ToController::Hello(hello)) => {
                    if let Err(problem) = hello.check_program(&self.program.path().display().to_string()) {
                        return self.misunderstand(pod, problem);
                    }
                }
                Some(ToController::Call(call)) => self.serve_call(pod, depth, call, &calling),
                Some(ToController::Step(step)) => self.serve_step(pod, step, socket),
                Some(ToController::Cancel(call)) => {
                    let caller = Caller { pod, call };
                    lock(&self.abandoned).insert(caller);
                    self.terminate_calls(|by| by == caller);
                }
                Some(ToController::Answer(result)) => match result.into_result() {
                    Some(result) => drop(answer.send(result)),
                    None => return self.misunderstand(pod, malformed("unknown")),
                },
                None => return self.misunderstand(pod, malformed("unknown")),
            }
        }
    }

    /// Answers with the recorded result of a step, or records it. What is recorded outlives the pod when it gets the answer.
    fn serve_step(&self, pod: u64, step: Step, socket: &PodSocket) {
        let id = step.id;
        if let Some(outputs) = self.step(pod, step) {
            // An error means that the pod has exited.
            let _ = socket.send(&FromControllerFrame::from(FromController::new(id, outputs)));
        }
    }

    /// Runs a called task once it has a slot, unless its result is in the cache.
    fn serve_call(self: &Arc<Self>, pod: u64, depth: usize, call: Call, calling: &Arc<CallingPod>) {
        let caller = Caller { pod, call: call.id };
        // Numbered here, in the order of the calls: they start in any order.
        let number = self.next_call(&call.task);
        self.record_callee(pod, &call.task);
        ServedCall::new(self.clone(), calling.clone(), caller, depth + 1, number, call).serve();
    }

    /// Terminates a pod, which fails with `problem`.
    fn misunderstand(self: &Arc<Self>, pod: u64, problem: Problem) {
        lock(&self.misunderstood).insert(pod, problem);
        self.terminate(vec![pod]);
    }
}
