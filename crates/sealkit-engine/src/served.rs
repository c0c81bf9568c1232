//! A call of a pod, from its request to its answer.

use std::{
    collections::VecDeque,
    io, mem,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicIsize, Ordering},
    },
    time::{Duration, Instant},
};

use sealkit_idl::task::Inputs;
use sealkit_protocol::{
    Attempts, Code, Problem, Task,
    call::{Call, FromController, FromControllerFrame, Success},
};

use crate::{
    cache::Cached,
    call::Ready,
    engine::{Caller, Engine, lock},
    pod::PodSocket,
    problems::{exhausted, problem},
    slots::Slot,
    timer::Alarm,
};

/// How soon a thread is started again for which the system had no resources.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// A pod that calls tasks.
pub(crate) struct CallingPod {
    socket: Arc<PodSocket>,
    /// The number of calls that it waits for. Its slot is free while there are any. A call may end before it is counted.
    pending: AtomicIsize,
    late: Mutex<LateCalls>,
}

/// The calls that had no slot in time. Many may be late together, so that one thread answers them.
#[derive(Default)]
struct LateCalls {
    calls: VecDeque<Arc<ServedCall>>,
    has_thread: bool,
}

impl CallingPod {
    pub(crate) fn new(socket: Arc<PodSocket>) -> Self {
        Self { socket, pending: AtomicIsize::new(0), late: Mutex::default() }
    }

    /// Answers the late calls on another thread, which waits until the pod reads.
    fn answer_late_calls(self: &Arc<Self>, engine: &Arc<Engine>) {
        if mem::replace(&mut lock(&self.late).has_thread, true) {
            return;
        }
        let pod = self.clone();
        let started = engine.workers.spawn(move || {
            while let Some(call) = pod.next_late_call() {
                call.end(call.task().and_then(|task| Err(call.attempts(task).overdue())));
            }
        });
        if started.is_err() {
            lock(&self.late).has_thread = false;
            let (pod, engine_of_timer) = (self.clone(), Arc::downgrade(engine));
            // There may be a thread for it soon. The timer has its own.
            let _ = engine.timer.call(Instant::now() + RETRY_INTERVAL, move || {
                if let Some(engine) = engine_of_timer.upgrade() {
                    pod.answer_late_calls(&engine);
                }
            });
        }
    }

    fn next_late_call(&self) -> Option<Arc<ServedCall>> {
        let mut late = lock(&self.late);
        let next = late.calls.pop_front();
        late.has_thread = next.is_some();
        next
    }
}

/// A call of a pod.
pub(crate) struct ServedCall {
    engine: Arc<Engine>,
    pod: Arc<CallingPod>,
    caller: Caller,
    /// When it was made.
    since: Instant,
    depth: usize,
    task: String,
    number: u32,
    inputs: Inputs,
    /// Goes off when it has to have a slot.
    alarm: OnceLock<Alarm>,
}

impl ServedCall {
    pub(crate) fn new(
        engine: Arc<Engine>,
        pod: Arc<CallingPod>,
        caller: Caller,
        depth: usize,
        number: u32,
        Call { task, inputs, .. }: Call,
    ) -> Arc<Self> {
        let (since, alarm) = (Instant::now(), OnceLock::new());
        Arc::new(Self { engine, pod, caller, since, depth, task, number, inputs, alarm })
    }

    /// Runs the task once it has a slot, unless its result is in the cache.
    pub(crate) fn serve(self: Arc<Self>) {
        let task = match self.task() {
            Ok(task) => task,
            Err(problem) => return self.answer(Err(problem)),
        };
        match self.engine.look_up_at_once(task, &self.inputs, self.caller) {
            Some(hit @ Cached::Hit(_)) => self.answer(self.run(hit, None)),
            Some(cached) => {
                self.clone().queue(task, cached);
                // Now that it is queued, it gets the slot of the pod, rather than calls that are less deep.
                self.begin_to_wait();
            }
            None => self.look_up(),
        }
    }

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
                lock(&served.pod.late).calls.push_back(served.clone());
                served.pod.answer_late_calls(&served.engine);
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

    fn task(&self) -> Result<&Task, Problem> {
        self.engine.program.task(&self.task).map_err(|error| problem(Code::InvalidName, &error))
    }

    fn attempts<'t>(&self, task: &'t Task) -> Attempts<'t> {
        Attempts::called(task.limits(), self.since.elapsed())
    }

    fn run(&self, cached: Cached, slot: Option<Slot<'_>>) -> Result<Success, Problem> {
        let ready = Ready { since: self.since, cached, slot };
        self.engine.call(Some(self.caller), self.depth, &self.task, self.number, &self.inputs, Some(ready))
    }

    /// Answers the pod, which waits for this call no longer.
    fn end(&self, outcome: Result<Success, Problem>) {
        self.end_to_wait();
        self.answer(outcome);
    }

    fn answer(&self, outcome: Result<Success, Problem>) {
        let id = self.caller.call;
        let response = FromController::new(id, outcome.map(|success| success.outputs));
        let sent = self.pod.socket.send(&FromControllerFrame::from(response));
        // Other errors mean that the pod has exited.
        if let Err(error) = sent
            && error.kind() == io::ErrorKind::InvalidInput
        {
            let problem = Problem::new(Code::TooLarge, format!("output of task `{}`: {error}", self.task));
            let response = FromController::new(id, Err(problem));
            let _ = self.pod.socket.send(&FromControllerFrame::from(response));
        }
    }

    /// Gives the slot of the pod back, unless it waits for another call already.
    fn begin_to_wait(&self) {
        if self.pod.pending.fetch_add(1, Ordering::SeqCst) == 0 {
            self.engine.slots.release();
        }
    }

    /// Takes the slot of the pod again, unless it waits for another call.
    fn end_to_wait(&self) {
        if self.pod.pending.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.engine.slots.reacquire();
        }
    }
}
