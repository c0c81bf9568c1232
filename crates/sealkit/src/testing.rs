//! Test support: secrets for the tasks that a test calls.
//!
//! [`TestSecrets`] is a set of secrets for one test. The tasks that the test calls read these secrets and no others. They
//! do not read environment variables, mounted files or the local store, so tests run in parallel and need no setup. All
//! checks apply as in a real run: a task reads only what it requests, and must not return a secret.
//!
//! | to test | use |
//! |---|---|
//! | a task or workflow | [`TestSecrets::run`] |
//! | an async task or workflow | [`TestSecrets::scope`] |
//! | several calls with the same secrets | [`TestSecrets::session`] |
//! | that a text contains no secret | [`TestSecrets::guard`] |
//!
//! # Examples
//!
//! ```
//! use sealkit::{current_context, task};
//!
//! #[task(secret_requests = [Secret(key = "token", group = "api")])]
//! fn headers() -> sealkit::Result<usize> {
//!     let token = current_context().secrets().get("token")?;
//!     Ok(format!("Authorization: Bearer {}", token.expose()).len())
//! }
//!
//! #[cfg(test)]
//! mod tests {
//!     use sealkit::{ErrorKind, testing::TestSecrets};
//!
//!     use super::*;
//!
//!     #[test]
//!     fn headers_contain_the_token() {
//!         let secrets = TestSecrets::new().with_group("api", "token", "k3Jq-71xT/w");
//!         assert_eq!(secrets.run(headers).unwrap(), 33);
//!     }
//!
//!     #[test]
//!     fn headers_require_the_token() {
//!         let error = TestSecrets::new().run(headers).unwrap_err();
//!         assert_eq!(error.kind(), ErrorKind::NotFound);
//!     }
//! }
//! # use sealkit::{ErrorKind, testing::TestSecrets};
//! # assert_eq!(TestSecrets::new().with_group("api", "token", "k3Jq-71xT/w").run(headers).unwrap(), 33);
//! # assert_eq!(TestSecrets::new().run(headers).unwrap_err().kind(), ErrorKind::NotFound);
//! ```
//!
//! A task with inputs is called in a closure, `secrets.run(|| sum(1, 2))`. An async test uses `scope`:
//!
//! ```
//! use sealkit::{current_context, task, testing::TestSecrets, workflow};
//!
//! #[task(secret_requests = [Secret(key = "pin")])]
//! async fn digits() -> sealkit::Result<usize> {
//!     Ok(current_context().secrets().get("pin")?.expose().len())
//! }
//!
//! #[workflow]
//! async fn double() -> sealkit::Result<usize> {
//!     Ok(2 * digits().await?)
//! }
//!
//! # #[cfg(feature = "tokio")]
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! // In a function with `#[tokio::test]`:
//! assert_eq!(TestSecrets::new().with("pin", "1234\n").scope(double()).await?, 8);
//! # Ok::<(), sealkit::Error>(())
//! # }).unwrap();
//! ```
//!
//! A test runs every task in the process of the test. Retries, timeouts and errors are the same as in pods, but retries follow each other
//! without delay. [`task`](macro@crate::task#where-a-task-runs) lists the differences.

#![expect(
    clippy::test_attr_in_doctest,
    reason = "the example shows a test module; hidden lines run its assertions"
)]

use std::future::Future;

use sealkit_guard::Guard;

use crate::{SecretBytes, Session, provider::Memory};

/// A set of secrets for the tasks that a test calls.
///
/// # Examples
///
/// ```
/// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn length() -> sealkit::Result<usize> {
///     Ok(current_context().secrets().get("my_secret")?.expose().len())
/// }
///
/// let secrets = TestSecrets::new().with("my_secret", "hunter2").with("other", "not for this task");
/// assert_eq!(secrets.run(length)?, 7);
///
/// let missing = TestSecrets::new().run(length).unwrap_err();
/// assert_eq!(missing.kind(), ErrorKind::NotFound);
/// # Ok::<(), sealkit::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct TestSecrets(Memory);

impl TestSecrets {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the secret `key`, which has no group. An earlier value of the same secret is replaced.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.0.set(None, key.into(), SecretBytes::new(value.into()));
        self
    }

    /// Adds the secret `key` of `group`. An earlier value of the same secret is replaced.
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

    /// Returns a guard that finds these secrets, to check that a text contains none of them.
    ///
    /// # Examples
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
    /// assert!(!guard.check(b"token=k3Jq-71xT/w").is_empty());
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn guard(&self) -> Guard {
        self.0.guard()
    }

    /// Converts the set to a session, for several calls with the same secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{current_context, task, testing::TestSecrets};
    ///
    /// #[task(secret_requests = [Secret(key = "token")])]
    /// fn first_letter() -> sealkit::Result<String> {
    ///     Ok(current_context().secrets().get("token")?.expose()[..1].to_owned())
    /// }
    ///
    /// let session = TestSecrets::new().with("token", "hunter2").session();
    /// assert_eq!(session.run(first_letter)?, session.run(first_letter)?);
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn session(self) -> Session {
        Session::for_tests(self.0)
    }

    /// Runs `work` on this thread. The tasks that it calls read these secrets.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        self.session().run(work)
    }

    /// Wraps `future`. The tasks that it calls read these secrets.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.session().scope(future)
    }
}
