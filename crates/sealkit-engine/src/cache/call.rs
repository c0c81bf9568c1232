//! A call whose result may be cached.

use std::{
    borrow::Cow,
    cell::Cell,
    collections::BTreeMap,
    ffi::OsStr,
    io, slice,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use prost::Message as _;
use sealkit_idl::task::Inputs;
use sealkit_protocol::{
    Task,
    call::Success,
    description::{Cache, SecretRequest},
};

use super::{Key, KeyContext, Lock, ResultCache, Stamp, files};
use crate::{
    actions::Action,
    directories::has_files,
    engine::{Caller, Engine},
    event::Event,
    values::Found,
};

/// Why a call is not cached, and what to do about it.
struct Reason {
    text: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
}

impl Reason {
    fn new(text: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), hint: Some(hint.into()) }
    }

    fn io(what: &str, error: &io::Error) -> Self {
        Self { text: format!("{what}{}", sealkit_names::io_reason(error)).into(), hint: None }
    }
}

/// Why a result is not stored.
enum NotStored {
    Failed(io::Error),
    Refused(Reason),
}

impl From<io::Error> for NotStored {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// The reason for an error of the cache, with its directory.
fn cannot(cache: &ResultCache, what: &str, error: &io::Error) -> Reason {
    Reason::io(&format!("cannot {what} in `{}`: ", cache.directory.display()), error)
}

/// A shorter wait for an equal call is not worth a line.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// What the cache has for a call.
pub(crate) enum Cached {
    /// The result of an equal call.
    Hit(Success),
    /// Nothing yet.
    Miss(CachedCall),
    /// The result of the call is not cached.
    Never,
}

/// A call whose result can be stored.
pub(crate) struct CachedCall {
    key: Key,
    /// The files that the key depends on.
    files: Vec<Stamp>,
    /// Held until the call has ended, if equal calls wait for it.
    _lock: Option<Lock>,
}

impl Engine {
    /// Looks the call up. If it is serialized, it waits for equal calls until `limit`. The files of a result are copied to a new directory
    /// of the run.
    pub(crate) fn look_up(
        &self,
        task: &Task,
        inputs: &Inputs,
        caller: Option<Caller>,
        limit: Option<Instant>,
    ) -> Cached {
        let (Some(cache), Some(settings)) = (&self.options.cache, &task.cache) else { return Cached::Never };
        let prepare = || -> Result<CachedCall, Reason> {
            if self.options.stdin && caller.is_none() {
                let hint = "pass a file as an input instead: --NAME @FILE";
                return Err(Reason::new("it reads standard input", hint));
            }
            if self.options.inherit_environment {
                let hint = "pass single variables instead: --env NAME=VALUE";
                return Err(Reason::new("it inherits the whole environment", hint));
            }
            let reachable: Vec<_> = self.reachable(task).collect();
            if let Some(passing) = reachable.iter().find(|task| !task.allowed_secrets.is_empty()) {
                // The cache is not encrypted.
                let reason = format!("task `{}` may pass on a secret", passing.name);
                return Err(Reason::new(reason, "cache only tasks that do not handle the secret"));
            }
            let (key, files) = self.key(task, settings, inputs, self.revisions(&reachable)?)?;
            // A task that calls itself would wait for itself.
            let lock = if settings.serialize && !self.is_called_by(caller, &task.name) {
                let (started, is_reported) = (Instant::now(), Cell::new(false));
                let is_over = || {
                    if started.elapsed() >= SHORT_WAIT && !is_reported.replace(true) {
                        (self.observer)(&Event::Waiting { caller: caller.map(|caller| caller.pod), task });
                    }
                    self.is_cancelled(caller) || limit.is_some_and(|limit| limit <= Instant::now())
                };
                cache.lock(&key, is_over).map_err(|error| cannot(cache, "open its lock", &error))?
            } else {
                None
            };
            Ok(CachedCall { key, files, _lock: lock })
        };
        match prepare() {
            Ok(call) => {
                let data = self.data().map(|data| data.join(format!("cached-{}", call.key.random_name())));
                let result = cache.get(&task.name, &call.key, settings.max_age, data.as_deref());
                result.map_or(Cached::Miss(call), Cached::Hit)
            }
            Err(reason) => {
                self.not_cached(task, &reason);
                Cached::Never
            }
        }
    }

    /// Tells the observer of a result of the cache.
    pub(crate) fn report_hit(
        &self,
        task: &Task,
        call: u32,
        inputs: &Inputs,
        caller: Option<Caller>,
        success: &Success,
    ) {
        let pod = self.next_pod.fetch_add(1, Ordering::SeqCst);
        let caller = caller.map(|caller| caller.pod);
        (self.observer)(&Event::Cached { pod, caller, task, call, inputs, success });
    }

    /// Looks the call up if that takes less time than to pass it to another thread: it waits for no other call and copies no files.
    pub(crate) fn look_up_at_once(&self, task: &Task, inputs: &Inputs, caller: Caller) -> Option<Cached> {
        let Some(settings) = &task.cache else { return Some(Cached::Never) };
        (!settings.serialize && !has_files(slice::from_ref(task)))
            .then(|| self.look_up(task, inputs, Some(caller), None))
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

    fn key(
        &self,
        task: &Task,
        settings: &Cache,
        inputs: &Inputs,
        secrets: BTreeMap<String, String>,
    ) -> Result<(Key, Vec<Stamp>), Reason> {
        let context = KeyContext {
            program: &self.program_digest,
            scope: [self.options.domain.as_deref(), self.options.project.as_deref()],
            environment: self.options.set_variables(&task.env).collect::<BTreeMap<&OsStr, &OsStr>>(),
            secrets,
        };
        Key::new(task, settings, inputs, &context).map_err(|error| Reason::io("", &error))
    }

    /// Returns the task, and those that it calls or may call.
    fn reachable<'t>(&'t self, task: &'t Task) -> impl Iterator<Item = &'t Task> {
        let reachable = self.program.reachable(task);
        reachable.required.into_iter().chain(reachable.possible)
    }

    /// Returns the revisions of the secrets of these tasks.
    fn revisions(&self, tasks: &[&Task]) -> Result<BTreeMap<String, String>, Reason> {
        let revision = |request: &SecretRequest| {
            let name = request.request().to_string();
            let group = request.group.as_ref().map(|group| format!(" --group {group}")).unwrap_or_default();
            match self.values.find(request) {
                // Only a task that may be called lacks a secret.
                None => Ok((name, "absent".to_owned())),
                Some(Found { revision: Some(revision), .. }) => Ok((name, revision.clone())),
                Some(Found { revision: None, .. }) => Err(Reason::new(
                    format!(
                        "secret `{name}` is not from the store, so sealkit cannot see whether it has changed"
                    ),
                    format!("store it: sealkit create secret {}{group}", request.key),
                )),
            }
        };
        tasks.iter().flat_map(|task| &task.secret_requests).map(revision).collect()
    }

    fn not_cached(&self, task: &Task, Reason { text, hint }: &Reason) {
        (self.observer)(&Event::NotCached { task, reason: text, hint: hint.as_deref() });
    }

    /// Stores the result of a call, unless the key does not cover everything that it depends on.
    pub(crate) fn store(&self, task: &Task, call: &CachedCall, success: &Success, action: &Action<'_>) {
        if let Err(reason) = self.try_store(task, call, success, action) {
            self.not_cached(task, &reason);
        }
    }

    fn try_store(
        &self,
        task: &Task,
        call: &CachedCall,
        success: &Success,
        action: &Action<'_>,
    ) -> Result<(), Reason> {
        let Some(cache) = &self.options.cache else { return Ok(()) };
        let is_covered = |name: &String| self.reachable(task).any(|task| task.name == *name);
        if let Some(callee) = action.callees().iter().find(|name| !is_covered(name)) {
            let reason = format!("it calls task `{callee}`, which it does not declare");
            return Err(Reason::new(reason, "declare its calls: calls = [...]"));
        }
        // The pod has searched for the secrets of its own task. The cache is not encrypted.
        let has_secret = || {
            let hint = "cache only tasks that do not handle the secret";
            Reason::new("its output contains a secret", hint)
        };
        let texts = [&*success.outputs.encode_to_vec(), success.json.as_bytes()];
        if texts.iter().any(|text| !self.guard().check(text).is_empty()) {
            return Err(has_secret());
        }
        let stored = cache.put(&task.name, &call.key, success, |copies| {
            if !self.guard().is_empty() && copies.is_dir() && files::have_secret(copies, self.guard())? {
                return Err(NotStored::Refused(has_secret()));
            }
            // At last: what was copied is what the key has.
            if !call.files.iter().all(Stamp::is_current) {
                let text = "a file among its inputs has changed meanwhile".into();
                return Err(NotStored::Refused(Reason { text, hint: None }));
            }
            Ok(())
        });
        stored.map_err(|error| match error {
            NotStored::Failed(error) => cannot(cache, "store the result", &error),
            NotStored::Refused(reason) => reason,
        })
    }
}
