//! Providers: the sources of secrets.

mod chain;
mod directory;
mod environment;
#[cfg(all(unix, feature = "store"))]
mod local_store;
mod memory;

use std::{fmt, path::PathBuf};

use crate::{Result, Secret, SecretBytes};

pub(crate) use chain::{Chain, Preference, is_pod};
pub use directory::MountedDirectory;
pub use environment::EnvironmentVariables;
#[cfg(all(unix, feature = "store"))]
pub use local_store::LocalStore;
pub(crate) use memory::Memory;

/// A source of secrets, such as a vault, a keyring or a file format of your own.
///
/// Add it to a [`Session`](crate::Session), which asks its providers one after the other.
///
/// A provider is asked where tasks run in the program's own process: in tests, and by `cargo run` or `PROGRAM run TASK`.
/// Pods read mounted secrets only. `sealkit run` asks the program before the run for secrets that the local store lacks, and
/// mounts them. A cluster does **not** ask the program's providers: create such a secret with `sealkit create secret --remote`.
///
/// # Examples
///
/// ```
/// use sealkit::{
///     ErrorKind, ProvidedValue, Provider, Result, Secret, SecretBytes, Session, current_context, task,
/// };
///
/// #[derive(Debug)]
/// struct Demo;
///
/// impl Provider for Demo {
///     fn name(&self) -> String {
///         "the demo provider".to_owned()
///     }
///
///     fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
///         if secret.request().key != "my_secret" {
///             return Ok(None); // the next provider is asked
///         }
///         Ok(Some(SecretBytes::new(b"hunter2".to_vec()).into()))
///     }
/// }
///
/// #[task(secret_requests = [Secret(key = "my_secret")])]
/// fn length() -> Result<usize> {
///     Ok(current_context().secrets().get("my_secret")?.expose().len())
/// }
///
/// #[task(secret_requests = [Secret(key = "other")])]
/// fn fails() -> Result<()> {
///     current_context().secrets().get("other").map(drop)
/// }
///
/// let session = Session::isolated().provider(Demo);
/// assert_eq!(session.run(length)?, 7);
///
/// let error = session.run(fails).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "secret `other` of task `fails` was not found in the demo provider");
/// # Ok::<(), sealkit::Error>(())
/// ```
pub trait Provider: fmt::Debug + Send + Sync {
    /// Returns the name of this provider for messages, as in "was not found in the demo provider".
    fn name(&self) -> String;

    /// Looks up a secret. `Ok(None)` means that this provider does not have it, and the next provider is asked.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Provider`](crate::ErrorKind::Provider), made with
    /// [`Error::provider`](crate::Error::provider), if this provider fails. The read of the secret fails then; the next
    /// provider is not asked.
    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>>;

    /// Returns every location where this provider looks for `secret`, for the message of a
    /// [`NotFound`](crate::ErrorKind::NotFound) error. The default is [`name`](Self::name).
    fn locations(&self, secret: &Secret) -> Vec<String> {
        let _ = secret;
        vec![self.name()]
    }

    /// Returns the command that creates `secret` in this provider, for the hint of a
    /// [`NotFound`](crate::ErrorKind::NotFound) error. The default is `None`.
    fn create_command(&self, secret: &Secret) -> Option<String> {
        let _ = secret;
        None
    }
}

/// The value of a secret that a [`Provider`] returns. Create one from [`SecretBytes`] with `into()`.
///
/// # Examples
///
/// ```
/// use sealkit::{ProvidedValue, SecretBytes};
///
/// let value: ProvidedValue = SecretBytes::new(b"hunter2".to_vec()).into();
/// assert!(!format!("{value:?}").contains("hunter2"));
/// ```
#[derive(Debug)]
pub struct ProvidedValue {
    pub(crate) value: SecretBytes,
    pub(crate) mount: Mount,
}

/// The mount of a secret in this process.
#[derive(Debug)]
pub(crate) enum Mount {
    /// The secret is not mounted.
    None,
    /// The environment variable of this name.
    Variable(String),
    /// The file at this path.
    File(PathBuf),
}

impl From<SecretBytes> for ProvidedValue {
    fn from(value: SecretBytes) -> Self {
        Self { value, mount: Mount::None }
    }
}
