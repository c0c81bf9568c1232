//! Marks of errors: whether and when a failed task is worth another attempt.

use std::{error::Error as StdError, time::Duration};

use sealkit_protocol::Problem;

use crate::{Error, current_context};

impl Error {
    /// Converts any error to one for which a retry cannot help, such as a wrong password: the task is not tried again.
    ///
    /// The mark holds in every error type that has this error as a source: `anyhow`, `eyre`, your own `enum`. On Flyte, it is a
    /// `NonRecoverableError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{Error, task};
    ///
    /// #[task(retries = 3)]
    /// fn log_in(password: String) -> anyhow::Result<()> {
    ///     anyhow::ensure!(password == "hunter2", Error::permanent("the password is wrong"));
    ///     Ok(())
    /// }
    ///
    /// assert!(log_in("hunter2".to_owned()).is_ok());
    /// let error = log_in("guess".to_owned()).unwrap_err();
    /// assert!(error.downcast_ref::<Error>().is_some_and(Error::is_permanent));
    /// ```
    pub fn permanent(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::from_any(error.into());
        error.set_final();
        error.record()
    }

    /// Converts any error to one after which the next attempt waits at least as long as `delay`, such as the `Retry-After` of a
    /// server. The delay counts if the task has `retries`, and its own delay is shorter.
    /// [`task`](macro@crate::task#retries) has an example.
    pub fn retry_after(error: impl Into<Box<dyn StdError + Send + Sync>>, delay: Duration) -> Self {
        Self::from_any(error.into()).with_retry_after(delay)
    }

    /// Sets how long the next attempt of the task waits at least.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.set_minimum_delay(delay);
        self.record()
    }

    /// Returns an error of sealkit as it is, and wraps any other.
    fn from_any(error: Box<dyn StdError + Send + Sync>) -> Self {
        error.downcast().map_or_else(Self::other, |error| *error)
    }

    /// Records the marks of the error in the running task: an error type with `#[error(transparent)]` hides them.
    fn record(self) -> Self {
        if let Some(frame) = current_context().frame() {
            frame.record_error(&self);
        }
        self
    }

    /// Returns whether another attempt can help: the opposite of [`is_permanent`](Self::is_permanent).
    pub fn is_retryable(&self) -> bool {
        Problem::from(self).retryable
    }

    /// Returns whether another attempt cannot help, so that the task is not retried.
    ///
    /// Errors from [`Error::permanent`] are permanent, and all errors except those of the kinds [`Other`](crate::ErrorKind::Other),
    /// [`Provider`](crate::ErrorKind::Provider) and [`Io`](crate::ErrorKind::Io).
    pub fn is_permanent(&self) -> bool {
        !self.is_retryable()
    }
}
