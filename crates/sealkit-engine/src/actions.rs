//! What is known of an action while it runs. An action is a call with all its attempts.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    engine::{Engine, LivePod, lock},
    steps::StepResult,
};

/// What is known of actions, by their numbers.
pub(crate) type Actions = BTreeMap<u64, ActionState>;

/// What is known of an action.
#[derive(Default)]
pub(crate) struct ActionState {
    /// The tasks that it has called, and that those have called.
    callees: BTreeSet<String>,
    /// The results of its steps.
    pub(crate) steps: BTreeMap<String, StepResult>,
}

/// An action that runs. It is forgotten when it is dropped.
pub(crate) struct Action<'e> {
    engine: &'e Engine,
    pub(crate) number: u64,
}

impl<'e> Action<'e> {
    pub(crate) fn new(engine: &'e Engine, number: u64) -> Self {
        Self { engine, number }
    }

    /// Returns the tasks that the action has called, and that those have called, if the program caches results.
    pub(crate) fn callees(&self) -> BTreeSet<String> {
        lock(&self.engine.actions).get(&self.number).map(|state| state.callees.clone()).unwrap_or_default()
    }
}

impl Drop for Action<'_> {
    fn drop(&mut self) {
        let state = lock(&self.engine.actions).remove(&self.number);
        // Without the lock: this removes files.
        drop(state);
    }
}

impl Engine {
    /// Records that a pod has called a task, for its action and for those that wait for it. Only cached results depend on it.
    pub(crate) fn record_callee(&self, pod: u64, task: &str) {
        if self.options.cache.is_none() || self.program.tasks().iter().all(|task| task.cache.is_none()) {
            return;
        }
        let (live, mut actions) = (self.live(), lock(&self.actions));
        let mut next = Some(pod);
        while let Some(LivePod { action, caller, .. }) = next.and_then(|pod| live.get(&pod)) {
            actions.entry(*action).or_default().callees.insert(task.to_owned());
            next = caller.map(|caller| caller.pod);
        }
    }
}
