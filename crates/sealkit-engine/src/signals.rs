//! The signals that pods receive: they end them, and stop and continue them with the command.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use rustix::{
    process::{Signal, kill_process, kill_process_group},
    termios::tcsetwinsize,
};

use crate::{
    engine::{Caller, Engine, LivePod},
    pty,
};

impl Engine {
    /// Cancels the run: terminates all pods and starts no more.
    pub fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.terminate(self.all());
    }

    /// Cancels the run at once: kills all pods and starts no more.
    pub fn kill(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        for pod in self.all() {
            self.signal_group(pod, Signal::KILL);
        }
    }

    /// Sends SIGTERM to these pods, and SIGKILL after the grace period.
    pub(crate) fn terminate(self: &Arc<Self>, pods: Vec<u64>) {
        for pod in &pods {
            self.signal(*pod, Signal::TERM);
            // A stopped process does not receive other signals.
            self.signal_group(*pod, Signal::CONT);
        }
        let (engine, grace_period) = (Arc::downgrade(self), self.options.grace_period);
        let Some(end) = Instant::now().checked_add(grace_period) else { return };
        let terminated = pods.clone();
        let waiting = self.timer.call(end, move || {
            let Some(engine) = engine.upgrade() else { return };
            // Not reported on this thread: the observer may have to wait until its output is read.
            for pod in terminated {
                if let Some(live) = engine.live().get_mut(&pod) {
                    live.is_killed = true;
                }
                engine.signal_group(pod, Signal::KILL);
            }
        });
        if waiting.is_err() {
            // The system has no thread that could wait.
            for pod in pods {
                self.signal_group(pod, Signal::KILL);
            }
        }
    }

    /// Sends a signal to the first process of a pod, which passes it on to the task.
    fn signal(&self, pod: u64, signal: Signal) {
        if let Some(LivePod { process, .. }) = self.live().get(&pod) {
            // The pod may have exited meanwhile.
            let _ = kill_process(*process, signal);
        }
    }

    /// Sends a signal to all processes of a pod, and returns whether the pod is live.
    pub(crate) fn signal_group(&self, pod: u64, signal: Signal) -> bool {
        let live = self.live();
        let Some(LivePod { process, .. }) = live.get(&pod) else { return false };
        // The process leads a group only after its start.
        kill_process_group(*process, signal).or_else(|_| kill_process(*process, signal)).is_ok()
    }

    /// Terminates the pods of matching callers.
    pub(crate) fn terminate_calls(self: &Arc<Self>, matches: impl Fn(Caller) -> bool) {
        let live = self.live();
        let called = live.iter().filter(|(_, pod)| pod.caller.is_some_and(&matches));
        let called: Vec<u64> = called.map(|(number, _)| *number).collect();
        drop(live);
        if !called.is_empty() {
            self.terminate(called);
        }
    }

    /// Stops all pods, as the command will be stopped.
    pub fn suspend(&self) {
        self.live().values_mut().for_each(|pod| pod.is_suspended = true);
        for pod in self.all() {
            self.signal_group(pod, Signal::STOP);
        }
    }

    /// Continues all pods.
    pub fn resume(&self) {
        for pod in self.all() {
            self.signal_group(pod, Signal::CONT);
        }
    }

    /// Returns whether [`suspend`](Self::suspend) has stopped a pod, and forgets it.
    pub(crate) fn is_suspended(&self, pod: u64) -> bool {
        self.live().get_mut(&pod).is_some_and(|pod| std::mem::take(&mut pod.is_suspended))
    }

    fn all(&self) -> Vec<u64> {
        self.live().keys().copied().collect()
    }

    /// Gives the terminals of pods the size of the user's terminal.
    pub fn resize(&self) {
        let Some(size) = pty::size() else { return };
        let mut resized = Vec::new();
        for (pod, terminal) in
            self.live().iter().filter_map(|(pod, live)| Some((*pod, live.terminal.as_ref()?)))
        {
            if tcsetwinsize(terminal, size).is_ok() {
                resized.push(pod);
            }
        }
        // The terminal controls no session, so the system does not report its new size.
        for pod in resized {
            self.signal(pod, Signal::WINCH);
        }
    }
}
