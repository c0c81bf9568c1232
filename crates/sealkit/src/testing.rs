//! Giving tasks their secrets in tests.

use std::future::Future;

use sealkit_guard::Guard;

use crate::{SecretBytes, Session, provider::Memory};

/// Secrets for the tasks of one test.
///
/// The tasks find these secrets and no others: neither the environment nor any file is looked at, so that tests
/// can run side by side. A task still gets only what it declares.
///
/// ```
/// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// async fn length() -> sealkit::Result<i64> {
///     Ok(current_context().secrets().get("my_secret")?.expose().len() as i64)
/// }
///
/// # #[cfg(feature = "tokio")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let secrets = TestSecrets::new().with("my_secret", "hunter2").with("other", "not for this task");
/// assert_eq!(secrets.scope(length()).await?, 7);
///
/// let missing = TestSecrets::new().scope(length()).await.unwrap_err();
/// assert_eq!(missing.kind(), ErrorKind::NotFound);
/// # Ok::<(), sealkit::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct TestSecrets(Memory);

impl TestSecrets {
    /// No secrets yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the secret `key`, which has no group.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.0.set(None, key.into(), SecretBytes::new(value.into()));
        self
    }

    /// Adds the secret `key` of `group`.
    #[must_use]
    pub fn with_group(
        mut self,
        group: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<Vec<u8>>,
    ) -> Self {
        self.0.set(Some(group.into()), key.into(), SecretBytes::new(value.into()));
        self
    }

    /// What finds these secrets, to make sure that something holds none of them.
    ///
    /// ```
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "token")])]
    /// fn masked() -> sealkit::Result<String> {
    ///     let token = current_context().secrets().get("token")?;
    ///     Ok(format!("{}...", &token.expose()[..2]))
    /// }
    ///
    /// let secrets = TestSecrets::new().with("token", "k3Jq-71xT/w");
    /// let guard = secrets.guard();
    /// assert!(guard.check(secrets.run(masked)?.as_bytes()).is_empty());
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn guard(&self) -> Guard {
        self.0.guard()
    }

    /// A session that knows these secrets and nothing else.
    pub fn session(self) -> Session {
        Session::isolated().provider(self.0)
    }

    /// Runs `work`; the tasks that it calls find these secrets.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        self.session().run(work)
    }

    /// Wraps `future`; the tasks that it calls find these secrets.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.session().scope(future)
    }
}
