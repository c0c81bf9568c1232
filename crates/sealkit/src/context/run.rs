//! What a task can know of the run that it belongs to.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Context;
use crate::{controller, identity};

/// A call of a task in this process, and its attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallNumber {
    /// The number of the call, from 1; 0 outside a task.
    call: u64,
    /// The number of the attempt in this process, from 0.
    pub(crate) attempt: u32,
}

impl CallNumber {
    /// Returns the number of the next call of this process.
    pub(crate) fn next() -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        Self { call: CALLS.fetch_add(1, Ordering::Relaxed), attempt: 0 }
    }
}

impl Context {
    /// Returns [`run_name`](Self::run_name), or `local` in process.
    pub fn execution_id(&self) -> String {
        identity::run_name().unwrap_or_else(|| "local".to_owned())
    }

    /// Returns the name of the run in a pod, such as `local-4d1c66e8` in a local run, and `None` in any other process.
    pub fn run_name(&self) -> Option<String> {
        identity::run_name()
    }

    /// Returns the name of the action in a pod, such as `a0` for the first task of a run, and `None` in any other process.
    ///
    /// All attempts of a call have the same action.
    pub fn action_name(&self) -> Option<String> {
        identity::action_name()
    }

    /// Returns the project of the run, or `None` where there is none: in process, and in local runs without `--project`.
    pub fn project(&self) -> Option<String> {
        identity::project()
    }

    /// Returns the domain of the run, or `None` where there is none: in process, and in local runs without `--domain`.
    pub fn domain(&self) -> Option<String> {
        identity::domain()
    }

    /// Returns the version of the task on a cluster, and `None` elsewhere.
    pub fn version(&self) -> Option<String> {
        identity::version()
    }

    /// Returns whether the task runs on this machine, in process or in a local run, and not on a cluster.
    pub fn is_local(&self) -> bool {
        controller::has_engine() || !crate::provider::is_pod()
    }

    /// Returns the number of the attempt, from 1. A retry has the next number.
    ///
    /// On a cluster it is that of the pod: `$FLYTE_ATTEMPT`, which counts from 1, or else `$FLYTE_ATTEMPT_NUMBER`, which counts from 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// /// Fails twice.
    /// #[task(retries = 3)]
    /// fn flaky() -> anyhow::Result<u32> {
    ///     let attempt = current_context().attempt();
    ///     anyhow::ensure!(attempt > 2, "not yet");
    ///     Ok(attempt)
    /// }
    ///
    /// /// Has no further attempt.
    /// #[task]
    /// fn failing() -> anyhow::Result<u32> {
    ///     anyhow::bail!("attempt {}", current_context().attempt())
    /// }
    ///
    /// assert_eq!(TestSecrets::new().run(flaky)?, 3);
    /// assert_eq!(TestSecrets::new().run(failing).unwrap_err().to_string(), "attempt 1");
    /// # anyhow::Ok(())
    /// ```
    pub fn attempt(&self) -> u32 {
        let in_process = self.call_number().attempt + 1;
        identity::attempt().map_or(in_process, |attempt| attempt.saturating_add(in_process - 1))
    }

    /// Returns a key that all attempts of this call share, and no other call: another run has other keys.
    ///
    /// Pass it to a service that supports idempotency keys, so that a retry does not charge or send twice. It has ASCII letters, digits,
    /// `-`, `_` and `.`, and contains no secret.
    ///
    /// When a local run or a test retries a caller, the calls that it makes have new keys. On Flyte 1, calls that are made at the same time
    /// have no stable key, and two nodes of one task in a workflow have equal keys, because pods do not know their node.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    ///
    /// #[task(retries = 1)]
    /// fn charge() -> anyhow::Result<()> {
    ///     let context = current_context();
    ///     KEYS.lock().unwrap().push(context.idempotency_key());
    ///     anyhow::ensure!(context.attempt() > 1, "the connection was lost");
    ///     Ok(())
    /// }
    ///
    /// let session = TestSecrets::new().session();
    /// session.run(charge)?;
    /// session.run(charge)?;
    /// let keys = KEYS.lock().unwrap();
    /// assert!(keys[0] == keys[1] && keys[2] == keys[3] && keys[0] != keys[2]);
    /// # anyhow::Ok(())
    /// ```
    pub fn idempotency_key(&self) -> String {
        let number = self.call_number().call;
        match (identity::run_name(), identity::action_name()) {
            // Flyte 1 has no actions: all calls of an execution are in one process, in the same order in each attempt.
            (Some(run), action) => {
                let scope = [identity::project(), identity::domain(), Some(run), action];
                let mut parts: Vec<String> = scope.into_iter().flatten().collect();
                if !controller::is_available() {
                    let task = self.task().map_or("", |task| task.name());
                    parts.extend([task.to_owned(), number.to_string()]);
                }
                // None of the parts before the task has a dot.
                parts.join(".")
            }
            (None, _) => format!("process-{:016x}-{number}", process()),
        }
    }

    fn call_number(&self) -> CallNumber {
        self.frame().map(|frame| frame.call).unwrap_or_default()
    }
}

/// Returns a random number of this process.
fn process() -> u64 {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    *PROCESS.get_or_init(|| RandomState::new().hash_one(std::process::id()))
}
