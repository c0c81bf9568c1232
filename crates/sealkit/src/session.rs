//! Sessions: the providers that tasks read their secrets from.

use std::sync::Arc;

use once_cell::sync::OnceCell;
use sealkit_guard::Guard;
use sealkit_process::RunDirectory;

use crate::{Provider, Result, known_secrets::KnownSecrets, provider::Chain};

/// The providers that tasks read their secrets from.
///
/// A standard session, [`Session::new`], asks in this order:
///
/// 1. the environment variables and files that Flyte 1 and Flyte 2 mount; outside a pod also unprefixed variables, which
///    flytekit accepts in local runs;
/// 2. the providers that were added with [`Session::provider`], in the order they were added;
/// 3. the local store (feature `store`).
///
/// A pod asks for mounted variables and files only. `sealkit run` starts every task as a pod. It asks this session, before the run,
/// for the secrets that the local store lacks, and mounts them.
///
/// A task that is called outside a session uses that of [`Session::main`], or else a new standard session.
///
/// # Examples
///
/// ```no_run
/// # #[derive(Debug)] struct Vault;
/// # impl sealkit::Provider for Vault {
/// #     fn name(&self) -> String { String::new() }
/// #     fn lookup(&self, _: &sealkit::Secret) -> sealkit::Result<Option<sealkit::ProvidedValue>> { Ok(None) }
/// # }
/// fn main() -> std::process::ExitCode {
///     sealkit::Session::new().provider(Vault).main()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

/// The session whose [`main`](Session::main) runs.
static OF_PROGRAM: OnceCell<Session> = OnceCell::new();

#[derive(Debug, Default)]
struct Inner {
    providers: Vec<Arc<dyn Provider>>,
    isolated: bool,
    /// Whether retries follow each other without delay, for tests.
    no_delays: bool,
    /// Built by the first read: a task without secrets does not pay for it.
    chain: OnceCell<Chain>,
    /// The secrets that tasks of this session have read.
    known_secrets: Arc<KnownSecrets>,
    /// The directory for the files of tasks that run in this process, once there are any.
    run_directory: OnceCell<Arc<RunDirectory>>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// Creates a standard session.
    pub fn new() -> Self {
        Self(Arc::new(Inner::default()))
    }

    /// Creates a session that asks only the providers that you add. It reads no variables, no mounted files and no
    /// local store.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{ErrorKind, Session, current_context, task};
    ///
    /// #[task(secret_requests = [Secret(key = "token")])]
    /// fn connect() -> sealkit::Result<()> {
    ///     current_context().secrets().get("token").map(drop)
    /// }
    ///
    /// let error = Session::isolated().run(connect).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// ```
    pub fn isolated() -> Self {
        Self(Arc::new(Inner { isolated: true, ..Inner::default() }))
    }

    /// Adds a provider, which is asked after the providers that were added before.
    #[must_use]
    pub fn provider(self, provider: impl Provider + 'static) -> Self {
        let mut providers = self.0.providers.clone();
        providers.push(Arc::new(provider));
        let Inner { isolated, no_delays, ref known_secrets, .. } = *self.0;
        let known_secrets = known_secrets.clone();
        Self(Arc::new(Inner { providers, isolated, no_delays, known_secrets, ..Inner::default() }))
    }

    /// Creates a session for tests, whose tasks are retried without delay.
    pub(crate) fn for_tests(provider: impl Provider + 'static) -> Self {
        let (isolated, no_delays) = (true, true);
        Self(Arc::new(Inner { isolated, no_delays, ..Inner::default() })).provider(provider)
    }

    /// Whether a task waits before it is tried again.
    pub(crate) fn waits(&self) -> bool {
        !self.0.no_delays
    }

    /// Returns a guard that finds the secrets that tasks of this session have read so far.
    ///
    /// Use it to redact text that your program writes itself.
    ///
    /// # Examples
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
        self.0.known_secrets.guard()
    }

    /// Makes this the session of the program: calls outside any session belong to it.
    pub(crate) fn set_of_program(&self) {
        let _ = OF_PROGRAM.set(self.clone());
    }

    /// Returns the session of the program, or a new standard session.
    pub(crate) fn of_program() -> Self {
        OF_PROGRAM.get().cloned().unwrap_or_default()
    }

    pub(crate) fn known_secrets(&self) -> &KnownSecrets {
        &self.0.known_secrets
    }

    pub(crate) fn run_directory(&self) -> &OnceCell<Arc<RunDirectory>> {
        &self.0.run_directory
    }

    pub(crate) fn chain(&self) -> Result<&Chain> {
        self.0.chain.get_or_try_init(|| {
            let providers = &self.0.providers;
            if self.0.isolated { Ok(Chain::isolated(providers.clone())) } else { Chain::standard(providers) }
        })
    }
}
