//! Where the tasks that are started together find their secrets.

use std::{
    future::Future,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use once_cell::sync::OnceCell;
use sealkit_guard::Guard;

use crate::{
    Provider, Result,
    context::Context,
    error::{Error, ErrorKind},
    given::Given,
    provider::Chain,
};

/// Where tasks find their secrets: what Flyte has mounted, the providers you add, and the local store.
///
/// A task that is called outside any session has a standard one of its own.
///
/// Asked first is what Flyte 1 or Flyte 2 mounts: environment variables, then files. In a pod there is nothing
/// else. Where the process is not a pod, unprefixed variables are accepted as in a local run of flytekit, and
/// then the session's own providers are asked, in the order they were added, and at last the local store.
///
/// ```no_run
/// # #[derive(Debug)] struct Vault;
/// # impl sealkit::Provider for Vault {
/// #     fn name(&self) -> String { String::new() }
/// #     fn lookup(&self, _: &sealkit::Secret) -> sealkit::Result<Option<sealkit::Found>> { Ok(None) }
/// # }
/// fn main() -> std::process::ExitCode {
///     sealkit::Session::new().provider(Vault).main()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    own: Vec<Arc<dyn Provider>>,
    isolated: bool,
    /// Filled by the first read, because a task without secrets need not pay for it.
    chain: OnceCell<Chain>,
    advice: Mutex<Option<Advice>>,
    /// The secrets that tasks have read.
    given: Arc<Given>,
}

/// The last error of our own, and the text by which it is known again.
#[derive(Debug)]
struct Advice {
    text: String,
    kind: ErrorKind,
    hint: Option<String>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// The standard session.
    pub fn new() -> Self {
        Self(Arc::new(Inner::default()))
    }

    /// A session that asks nobody but the providers you add: no environment, no files.
    pub fn isolated() -> Self {
        Self(Arc::new(Inner { isolated: true, ..Inner::default() }))
    }

    /// Adds a provider, to be asked after those before it.
    #[must_use]
    pub fn provider(self, provider: impl Provider + 'static) -> Self {
        let mut own = self.0.own.clone();
        own.push(Arc::new(provider));
        let (isolated, given) = (self.0.isolated, self.0.given.clone());
        Self(Arc::new(Inner { own, isolated, given, ..Inner::default() }))
    }

    /// Runs `work` on this thread; the tasks that it calls belong to this session.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        Context::of_session(self.clone()).run(work)
    }

    /// Wraps `future`; the tasks that it calls belong to this session.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Context::of_session(self.clone()).scope(future)
    }

    /// The program of a binary whose tasks belong to this session: see [`main`](crate::main()).
    pub fn main(&self) -> ExitCode {
        crate::program::main_of(self)
    }

    /// What finds the secrets that tasks of this session have read so far, for text that they write themselves.
    ///
    /// ```
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "token")])]
    /// fn connect() -> sealkit::Result<()> {
    ///     current_context().secrets().get("token").map(drop)
    /// }
    ///
    /// let session = TestSecrets::new().with("token", "k3Jq-71xT/w").session();
    /// session.run(connect)?;
    /// assert_eq!(session.guard().redact_text("sent k3Jq-71xT/w"), "sent [REDACTED:token]");
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn guard(&self) -> Guard {
        self.0.given.guard()
    }

    pub(crate) fn given(&self) -> &Given {
        &self.0.given
    }

    pub(crate) fn chain(&self) -> Result<&Chain> {
        self.0.chain.get_or_try_init(|| {
            let own = &self.0.own;
            if self.0.isolated { Ok(Chain::isolated(own.clone())) } else { Chain::standard(own) }
        })
    }

    /// Keeps kind and hint of an error: `anyhow` and other error types that a task may return hide them.
    pub(crate) fn remember(&self, error: &Error) {
        if let Ok(mut advice) = self.0.advice.lock() {
            let (text, kind, hint) = (error.to_string(), error.kind(), error.hint().map(str::to_owned));
            *advice = Some(Advice { text, kind, hint });
        }
    }

    /// Kind and hint that belong to a failure with this text.
    pub(crate) fn advice_for(&self, text: &str) -> (ErrorKind, Option<String>) {
        let advice = self.0.advice.lock().ok();
        let advice = advice.as_deref().and_then(Option::as_ref).filter(|advice| text.contains(&advice.text));
        advice.map_or((ErrorKind::Other, None), |advice| (advice.kind, advice.hint.clone()))
    }
}
