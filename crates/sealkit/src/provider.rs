//! Where values come from.

mod chain;
mod directory;
mod environment;
#[cfg(all(unix, feature = "store"))]
mod local_store;
mod memory;

use std::{fmt, path::PathBuf};

use crate::{Result, Secret, SecretBytes};

pub(crate) use chain::{Chain, Preferred, is_pod};
pub use directory::MountedDirectory;
pub use environment::Environment;
#[cfg(all(unix, feature = "store"))]
pub use local_store::LocalStore;
pub(crate) use memory::Memory;

/// A place that secrets come from: a vault, a keyring, a file of your own.
///
/// A [`Session`](crate::Session) asks its providers one after the other.
///
/// ```
/// use sealkit::{Found, Provider, Result, Secret, SecretBytes, Session, current_context, task};
///
/// #[derive(Debug)]
/// struct Demo;
///
/// impl Provider for Demo {
///     fn name(&self) -> String {
///         "the demo provider".to_owned()
///     }
///
///     fn lookup(&self, secret: &Secret) -> Result<Option<Found>> {
///         let known = secret.request().key == "my_secret";
///         Ok(known.then(|| SecretBytes::new(b"hunter2".to_vec()).into()))
///     }
/// }
///
/// #[task(secret_requests = [Secret(key = "my_secret"), Secret(key = "other")])]
/// fn both() -> Result<i64> {
///     let secrets = current_context().secrets();
///     let first = secrets.get("my_secret")?.expose().len();
///     let second = secrets.get("other")?.expose().len(); // nobody has this one
///     Ok((first + second) as i64)
/// }
///
/// let error = Session::isolated().provider(Demo).run(both).unwrap_err();
/// assert_eq!(error.to_string(), "secret `other` of task `both` was not found in the demo provider");
/// ```
pub trait Provider: fmt::Debug + Send + Sync {
    /// What messages call this provider, as in "was not found in …".
    fn name(&self) -> String;

    /// Looks the secret up: `Ok(None)` means that it is not here, and the next provider is asked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Provider`](crate::ErrorKind::Provider) when this provider cannot answer. The read fails then:
    /// a broken provider is not an absent secret.
    fn lookup(&self, secret: &Secret) -> Result<Option<Found>>;

    /// Every place that was looked in for `secret`, to be listed (each once) when it was not found.
    fn places(&self, secret: &Secret) -> Vec<String> {
        let _ = secret;
        vec![self.name()]
    }

    /// The command that would put `secret` here, for the hint of an error when nobody has it.
    fn remedy(&self, secret: &Secret) -> Option<String> {
        let _ = secret;
        None
    }
}

/// A secret that a [`Provider`] has found.
#[derive(Debug)]
pub struct Found {
    pub(crate) value: SecretBytes,
    pub(crate) mount: Mount,
}

/// How a found secret is mounted in this process.
#[derive(Debug)]
pub(crate) enum Mount {
    /// It is not: it only came through a provider.
    None,
    /// In this environment variable.
    Variable(String),
    /// In this file.
    File(PathBuf),
}

impl From<SecretBytes> for Found {
    fn from(value: SecretBytes) -> Self {
        Self { value, mount: Mount::None }
    }
}
