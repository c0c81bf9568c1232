//! Serves the calls that a pod makes.

use std::{
    io,
    sync::{Arc, Mutex, mpsc::Sender},
};

use rustix::process::Signal;
use sealkit_protocol::{
    Code, Problem,
    call::{Call, FromController, FromControllerFrame, Step, Success, ToController, ToControllerFrame},
    frame,
};

use sealkit_program::BUILD_AGAIN;

use crate::{
    cache::Cached,
    engine::{Caller, Engine, lock},
    pod::PodSocket,
    problems::exhausted,
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
        let (mut messages, pending) = (socket.reader(), Arc::new(Mutex::new(0_usize)));
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
                Some(ToController::Call(call)) => self.serve_call(pod, depth, call, socket, &pending),
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

    /// Runs a called task on another thread, unless its result is in the cache.
    fn serve_call(
        self: &Arc<Self>,
        pod: u64,
        depth: usize,
        Call { id, task, inputs }: Call,
        socket: &Arc<PodSocket>,
        pending: &Arc<Mutex<usize>>,
    ) {
        let caller = Caller { pod, call: id };
        // Numbered here, in the order of the calls: the threads start in any order.
        let call = self.next_call(&task);
        self.record_callee(pod, &task);
        let (engine, pending) = (self.clone(), pending.clone());
        let (of_caller, name) = (socket.clone(), task.clone());
        let known = self.program.task(&task).ok();
        let cached = known.and_then(|task| self.look_up_at_once(task, &inputs, caller));
        let is_hit = matches!(cached, Some(Cached::Hit(_)));
        let serve = move || {
            let outcome = engine.without_slot_of(&pending, || {
                engine.call(Some(caller), depth + 1, &task, call, &inputs, cached)
            });
            let response = FromController::new(id, outcome.map(|success| success.outputs));
            let sent = of_caller.send(&FromControllerFrame::from(response));
            // Other errors mean that the pod has exited.
            if let Err(error) = sent
                && error.kind() == io::ErrorKind::InvalidInput
            {
                let problem = Problem::new(Code::TooLarge, format!("output of task `{task}`: {error}"));
                let response = FromController::new(id, Err(problem));
                let _ = of_caller.send(&FromControllerFrame::from(response));
            }
        };
        if is_hit {
            return serve();
        }
        if let Err(error) = self.workers.spawn(serve) {
            let response = FromController::new(id, Err(exhausted(&name, error)));
            let _ = socket.send(&FromControllerFrame::from(response));
        }
    }

    /// Terminates a pod, which fails with `problem`.
    fn misunderstand(self: &Arc<Self>, pod: u64, problem: Problem) {
        lock(&self.misunderstood).insert(pod, problem);
        self.terminate(vec![pod]);
    }

    /// Runs `work`; the caller's own slot is free while any of its calls is `pending`.
    fn without_slot_of<T>(&self, pending: &Mutex<usize>, work: impl FnOnce() -> T) -> T {
        let mut count = lock(pending);
        *count += 1;
        if *count == 1 {
            self.slots.release();
        }
        drop(count);
        let outcome = work();
        let mut count = lock(pending);
        *count -= 1;
        if *count == 0 {
            self.slots.reacquire();
        }
        outcome
    }
}
