//! Serves the calls that a pod makes.

use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicIsize, Ordering},
        mpsc::Sender,
    },
    time::Instant,
};

use rustix::process::Signal;
use sealkit_idl::task::Inputs;
use sealkit_protocol::{
    Attempts, Code, Problem, Task,
    call::{Call, FromController, FromControllerFrame, Step, Success, ToController, ToControllerFrame},
    frame,
};

use sealkit_program::BUILD_AGAIN;

use crate::{
    cache::Cached,
    call::Ready,
    engine::{Caller, Engine, lock},
    pod::PodSocket,
    problems::{exhausted, problem},
    slots::Slot,
    timer::Alarm,
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
        let (mut messages, pending) = (socket.reader(), Arc::new(AtomicIsize::new(0)));
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

    /// Runs a called task once it has a slot, unless its result is in the cache.
    fn serve_call(
        self: &Arc<Self>,
        pod: u64,
        depth: usize,
        Call { id, task, inputs }: Call,
        socket: &Arc<PodSocket>,
        pending: &Arc<AtomicIsize>,
    ) {
        let (caller, since) = (Caller { pod, call: id }, Instant::now());
        // Numbered here, in the order of the calls: they start in any order.
        let call = self.next_call(&task);
        self.record_callee(pod, &task);
        let (engine, socket, pending) = (self.clone(), socket.clone(), pending.clone());
        let served = Arc::new(ServedCall {
            engine,
            socket,
            pending,
            caller,
            since,
            depth: depth + 1,
            task,
            call,
            inputs,
            alarm: OnceLock::new(),
        });
        let task = match served.task() {
            Ok(task) => task,
            Err(problem) => return served.answer(Err(problem)),
        };
        match self.look_up_at_once(task, &served.inputs, caller) {
            Some(hit @ Cached::Hit(_)) => served.answer(served.run(hit, None)),
            Some(cached) => {
                served.clone().queue(task, cached);
                // Now that it is queued, it gets the slot of the pod, rather than calls that are less deep.
                served.begin_to_wait();
            }
            None => served.look_up(),
        }
    }

    /// Terminates a pod, which fails with `problem`.
    fn misunderstand(self: &Arc<Self>, pod: u64, problem: Problem) {
        lock(&self.misunderstood).insert(pod, problem);
        self.terminate(vec![pod]);
    }
}

/// A call of a pod.
struct ServedCall {
    engine: Arc<Engine>,
    /// The socket of the pod.
    socket: Arc<PodSocket>,
    /// The number of calls that the pod waits for. Its slot is free while there are any. A call may end before it is counted.
    pending: Arc<AtomicIsize>,
    caller: Caller,
    /// When it was made.
    since: Instant,
    depth: usize,
    task: String,
    call: u32,
    inputs: Inputs,
    /// Goes off when it has to have a slot.
    alarm: OnceLock<Alarm>,
}

impl ServedCall {
    /// Looks the call up on another thread, and runs the task once it has a slot. The pod waits from now on.
    fn look_up(self: Arc<Self>) {
        let served = self.clone();
        let started = self.engine.workers.spawn(move || {
            served.begin_to_wait();
            let task = match served.task() {
                Ok(task) => task,
                Err(problem) => return served.end(Err(problem)),
            };
            let limit = served.attempts(task).queue_limit(0);
            match served.engine.look_up(task, &served.inputs, Some(served.caller), limit) {
                hit @ Cached::Hit(_) => served.end(served.run(hit, None)),
                cached => served.clone().queue(task, cached),
            }
        });
        if let Err(error) = started {
            self.answer(Err(exhausted(&self.task, error)));
        }
    }

    /// Runs the task on another thread once it has a slot, unless there is none for it as long as its limits allow. Until then it needs no
    /// thread.
    fn queue(self: Arc<Self>, task: &Task, cached: Cached) {
        let served = self.clone();
        let place = self.engine.slots.queue(self.depth, move |started| {
            let outcome = match started {
                Ok(()) => served.run(cached, Some(served.engine.slots.taken())),
                Err(error) => Err(exhausted(&served.task, error)),
            };
            served.end(outcome);
        });
        let Some(limit) = self.attempts(task).queue_limit(0) else { return };
        let served = Arc::downgrade(&self);
        let alarm = self.engine.timer.alarm(limit, move || {
            if let Some(served) = served.upgrade()
                && served.engine.slots.remove(place)
            {
                served.be_late();
            }
        });
        match alarm {
            Ok(alarm) => drop(self.alarm.set(alarm)),
            Err(error) => {
                if self.engine.slots.remove(place) {
                    self.end(Err(exhausted(&self.task, error)));
                }
            }
        }
    }

    /// Ends a call that has had no slot in time.
    fn be_late(self: Arc<Self>) {
        let (engine, served) = (self.engine.clone(), self.clone());
        let late = move || served.end(served.task().and_then(|task| Err(served.attempts(task).overdue())));
        // To answer may take some time: the pod has to read.
        if engine.workers.spawn(late.clone()).is_err() {
            late();
        }
    }

    fn task(&self) -> Result<&Task, Problem> {
        self.engine.program.task(&self.task).map_err(|error| problem(Code::InvalidName, &error))
    }

    fn attempts<'t>(&self, task: &'t Task) -> Attempts<'t> {
        Attempts::called(task.limits(), self.since.elapsed())
    }

    fn run(&self, cached: Cached, slot: Option<Slot<'_>>) -> Result<Success, Problem> {
        let ready = Ready { since: self.since, cached, slot };
        self.engine.call(Some(self.caller), self.depth, &self.task, self.call, &self.inputs, Some(ready))
    }

    /// Answers the pod, which waits for this call no longer.
    fn end(&self, outcome: Result<Success, Problem>) {
        self.end_to_wait();
        self.answer(outcome);
    }

    fn answer(&self, outcome: Result<Success, Problem>) {
        let id = self.caller.call;
        let response = FromController::new(id, outcome.map(|success| success.outputs));
        let sent = self.socket.send(&FromControllerFrame::from(response));
        // Other errors mean that the pod has exited.
        if let Err(error) = sent
            && error.kind() == io::ErrorKind::InvalidInput
        {
            let problem = Problem::new(Code::TooLarge, format!("output of task `{}`: {error}", self.task));
            let response = FromController::new(id, Err(problem));
            let _ = self.socket.send(&FromControllerFrame::from(response));
        }
    }

    /// Gives the slot of the pod back, unless it waits for another call already.
    fn begin_to_wait(&self) {
        if self.pending.fetch_add(1, Ordering::SeqCst) == 0 {
            self.engine.slots.release();
        }
    }

    /// Takes the slot of the pod again, unless it waits for another call.
    fn end_to_wait(&self) {
        if self.pending.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.engine.slots.reacquire();
        }
    }
}
