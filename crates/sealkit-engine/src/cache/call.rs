//! A call whose result may be cached.

use std::{borrow::Cow, collections::BTreeMap, fs::File, io, time::Instant};

use prost::Message as _;
use sealkit_idl::task::Inputs;
use sealkit_protocol::{
    Task,
    call::Success,
    description::{Cache, SecretRequest},
};

use super::{Key, KeyContext, ResultCache};
use crate::{
    engine::{Caller, Engine, lock},
    event::Event,
    values::Found,
};

/// A call whose result may be cached.
pub(crate) struct CachedCall<'e> {
    engine: &'e Engine,
    cache: &'e ResultCache,
    settings: &'e Cache,
    task: &'e Task,
    inputs: &'e Inputs,
    key: Key,
    /// Held until the call has ended, if equal calls wait for it.
    _lock: Option<File>,
}

impl Engine {
    /// Returns the call if the task is cached. If it is serialized, it waits for equal calls until `limit`.
    pub(crate) fn cached_call<'e>(
        &'e self,
        task: &'e Task,
        inputs: &'e Inputs,
        caller: Option<Caller>,
        limit: Option<Instant>,
    ) -> Option<CachedCall<'e>> {
        let (cache, settings) = (self.options.cache.as_ref()?, task.cache.as_ref()?);
        let prepare = || -> Result<CachedCall<'e>, Cow<'static, str>> {
            if self.options.stdin && caller.is_none() {
                return Err("it reads standard input".into());
            }
            if self.options.inherit_environment {
                return Err("it inherits the whole environment".into());
            }
            let key = self.key(task, settings, inputs)?;
            // A task that calls itself would wait for itself.
            let lock = if settings.serialize && !self.is_called_by(caller, &task.name) {
                let is_over =
                    || self.is_cancelled(caller) || limit.is_some_and(|limit| limit <= Instant::now());
                cache.lock(&key, is_over).map_err(|error| reason(&error))?
            } else {
                None
            };
            Ok(CachedCall { engine: self, cache, settings, task, inputs, key, _lock: lock })
        };
        prepare().map_err(|reason| self.not_cached(task, &reason)).ok()
    }

    /// Returns whether the caller, or a caller of it, runs this task.
    fn is_called_by(&self, caller: Option<Caller>, task: &str) -> bool {
        let live = self.live();
        let mut next = caller;
        while let Some(pod) = next.and_then(|caller| live.get(&caller.pod)) {
            if pod.task == task {
                return true;
            }
            next = pod.caller;
        }
        false
    }

    fn key(&self, task: &Task, settings: &Cache, inputs: &Inputs) -> Result<Key, Cow<'static, str>> {
        let context = KeyContext {
            program: &self.program_digest,
            scope: [self.options.domain.as_deref(), self.options.project.as_deref()],
            environment: self.variables_of(task),
            secrets: self.revisions(task)?,
        };
        Key::new(task, settings, inputs, &context).map_err(|error| reason(&error))
    }

    /// Returns the environment variables that the task or the command line sets.
    fn variables_of(&self, task: &Task) -> BTreeMap<String, Vec<u8>> {
        let own = task.env.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes()));
        let given = self.options.environment.iter();
        let given = given
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.as_encoded_bytes().to_vec()));
        own.chain(given).collect()
    }

    /// Returns the revisions of the secrets of a task and of those that it may call.
    fn revisions(&self, task: &Task) -> Result<BTreeMap<String, String>, Cow<'static, str>> {
        let reachable = self.program.reachable(task);
        let tasks = reachable.required.into_iter().chain(reachable.possible);
        let requests: Vec<&SecretRequest> = tasks.flat_map(|task| &task.secret_requests).collect();
        let revision = |request: &&SecretRequest| {
            let name = request.request().to_string();
            match self.values.find(request) {
                // Only a task that may be called lacks a secret.
                None => Ok((name, "absent".to_owned())),
                Some(Found { revision: Some(revision), .. }) => Ok((name, revision.clone())),
                Some(Found { revision: None, .. }) => Err(Cow::from(format!(
                    "secret `{name}` is not from the store, so sealkit cannot see whether it has changed"
                ))),
            }
        };
        requests.iter().map(revision).collect()
    }

    fn not_cached(&self, task: &Task, reason: &str) {
        (self.observer)(&Event::NotCached { task, reason });
    }
}

impl CachedCall<'_> {
    /// Returns the result of an equal call. Its files are copied to a new directory of the run.
    pub(crate) fn get(&self) -> Option<Success> {
        let data = self.engine.data().map(|data| data.join(format!("cached-{}", self.key.random_name())));
        self.cache.get(&self.task.name, &self.key, self.settings.max_age, data.as_deref())
    }

    /// Stores the result, unless the key does not cover everything that the action has called.
    pub(crate) fn put(&self, success: &Success, action: u64) {
        let reachable = self.engine.program.reachable(self.task);
        let is_covered = |name: &String| {
            reachable.required.iter().chain(&reachable.possible).any(|task| task.name == *name)
        };
        let callees = lock(&self.engine.callees).get(&action).cloned().unwrap_or_default();
        if let Some(callee) = callees.iter().find(|name| !is_covered(name)) {
            let reason =
                format!("it calls task `{callee}`, which it does not declare: add `calls = [{callee}]`");
            return self.engine.not_cached(self.task, &reason);
        }
        match self.engine.key(self.task, self.settings, self.inputs) {
            Ok(key) if key == self.key => {}
            Ok(_) => {
                return self.engine.not_cached(self.task, "a file among its inputs has changed meanwhile");
            }
            Err(reason) => return self.engine.not_cached(self.task, &reason),
        }
        // What is stored is not encrypted.
        if !self.engine.guard().check(&success.outputs.encode_to_vec()).is_empty() {
            self.engine.not_cached(self.task, "its output contains a secret");
        } else if let Err(error) = self.cache.put(&self.task.name, &self.key, success, self.engine.data()) {
            self.engine.not_cached(self.task, &reason(&error));
        }
    }
}

fn reason(error: &io::Error) -> Cow<'static, str> {
    sealkit_names::io_reason(error).into()
}
