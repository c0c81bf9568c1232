//! A call whose result may be cached.

use std::{borrow::Cow, collections::BTreeMap, ffi::OsStr, io, time::Instant};

use prost::Message as _;
use sealkit_idl::task::Inputs;
use sealkit_protocol::{
    Task,
    call::Success,
    description::{Cache, SecretRequest},
};

use super::{Key, KeyContext, Lock, ResultCache, Stamp};
use crate::{
    actions::Action,
    engine::{Caller, Engine},
    event::Event,
    values::Found,
};

/// Why a call is not cached, and what to do about it.
struct Reason {
    text: Cow<'static, str>,
    hint: Option<&'static str>,
}

impl Reason {
    fn new(text: impl Into<Cow<'static, str>>, hint: &'static str) -> Self {
        Self { text: text.into(), hint: Some(hint) }
    }

    fn io(what: &str, error: &io::Error) -> Self {
        Self { text: format!("{what}{}", sealkit_names::io_reason(error)).into(), hint: None }
    }
}

/// A call whose result may be cached.
pub(crate) struct CachedCall<'e> {
    engine: &'e Engine,
    cache: &'e ResultCache,
    settings: &'e Cache,
    task: &'e Task,
    key: Key,
    /// The files that the key depends on.
    files: Vec<Stamp>,
    /// Held until the call has ended, if equal calls wait for it.
    _lock: Option<Lock>,
}

impl Engine {
    /// Returns the call if the task is cached. If it is serialized, it waits for equal calls until `limit`.
    pub(crate) fn cached_call<'e>(
        &'e self,
        task: &'e Task,
        inputs: &Inputs,
        caller: Option<Caller>,
        limit: Option<Instant>,
    ) -> Option<CachedCall<'e>> {
        let (cache, settings) = (self.options.cache.as_ref()?, task.cache.as_ref()?);
        let prepare = || -> Result<CachedCall<'e>, Reason> {
            if self.options.stdin && caller.is_none() {
                let hint = "pass a file as an input instead: --NAME @FILE";
                return Err(Reason::new("it reads standard input", hint));
            }
            if self.options.inherit_environment {
                let hint = "pass single variables instead: --env NAME=VALUE";
                return Err(Reason::new("it inherits the whole environment", hint));
            }
            if let Some(passing) = self.reachable(task).find(|task| !task.allowed_secrets.is_empty()) {
                // The cache is not encrypted.
                let reason = format!("task `{}` may pass on a secret", passing.name);
                return Err(Reason::new(reason, "cache only tasks that do not handle the secret"));
            }
            let (key, files) = self.key(task, settings, inputs)?;
            // A task that calls itself would wait for itself.
            let lock = if settings.serialize && !self.is_called_by(caller, &task.name) {
                let is_over =
                    || self.is_cancelled(caller) || limit.is_some_and(|limit| limit <= Instant::now());
                cache.lock(&key, is_over).map_err(|error| Reason::io("cannot open its lock: ", &error))?
            } else {
                None
            };
            Ok(CachedCall { engine: self, cache, settings, task, key, files, _lock: lock })
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

    fn key(&self, task: &Task, settings: &Cache, inputs: &Inputs) -> Result<(Key, Vec<Stamp>), Reason> {
        let context = KeyContext {
            program: &self.program_digest,
            scope: [self.options.domain.as_deref(), self.options.project.as_deref()],
            environment: self.options.set_variables(&task.env).collect::<BTreeMap<&OsStr, &OsStr>>(),
            secrets: self.revisions(task)?,
        };
        Key::new(task, settings, inputs, &context).map_err(|error| Reason::io("", &error))
    }

    /// Returns the task, and those that it calls or may call.
    fn reachable<'t>(&'t self, task: &'t Task) -> impl Iterator<Item = &'t Task> {
        let reachable = self.program.reachable(task);
        reachable.required.into_iter().chain(reachable.possible)
    }

    /// Returns the revisions of the secrets of a task and of those that it may call.
    fn revisions(&self, task: &Task) -> Result<BTreeMap<String, String>, Reason> {
        let revision = |request: &SecretRequest| {
            let name = request.request().to_string();
            match self.values.find(request) {
                // Only a task that may be called lacks a secret.
                None => Ok((name, "absent".to_owned())),
                Some(Found { revision: Some(revision), .. }) => Ok((name, revision.clone())),
                Some(Found { revision: None, .. }) => Err(Reason::new(
                    format!(
                        "secret `{name}` is not from the store, so sealkit cannot see whether it has changed"
                    ),
                    "store it: sealkit create secret",
                )),
            }
        };
        self.reachable(task).flat_map(|task| &task.secret_requests).map(revision).collect()
    }

    fn not_cached(&self, task: &Task, Reason { text, hint }: &Reason) {
        (self.observer)(&Event::NotCached { task, reason: text, hint: *hint });
    }
}

impl CachedCall<'_> {
    /// Returns the result of an equal call. Its files are copied to a new directory of the run.
    pub(crate) fn get(&self) -> Option<Success> {
        let data = self.engine.data().map(|data| data.join(format!("cached-{}", self.key.random_name())));
        self.cache.get(&self.task.name, &self.key, self.settings.max_age, data.as_deref())
    }

    /// Stores the result, unless the key does not cover everything that it depends on.
    pub(crate) fn put(&self, success: &Success, action: &Action<'_>) {
        if let Err(reason) = self.try_put(success, action) {
            self.engine.not_cached(self.task, &reason);
        }
    }

    fn try_put(&self, success: &Success, action: &Action<'_>) -> Result<(), Reason> {
        let is_covered = |name: &String| self.engine.reachable(self.task).any(|task| task.name == *name);
        if let Some(callee) = action.callees().iter().find(|name| !is_covered(name)) {
            let reason = format!("it calls task `{callee}`, which it does not declare");
            return Err(Reason::new(reason, "declare its calls: calls = [...]"));
        }
        if !self.files.iter().all(Stamp::is_current) {
            return Err(Reason { text: "a file among its inputs has changed meanwhile".into(), hint: None });
        }
        // The pod has searched for the secrets of its own task. The cache is not encrypted.
        let texts = [&*success.outputs.encode_to_vec(), success.json.as_bytes()];
        if texts.iter().any(|text| !self.engine.guard().check(text).is_empty()) {
            let hint = "cache only tasks that do not handle the secret";
            return Err(Reason::new("its output contains a secret", hint));
        }
        let stored = self.cache.put(&self.task.name, &self.key, success, self.engine.data());
        stored.map_err(|error| Reason::io("cannot store the result: ", &error))
    }
}
