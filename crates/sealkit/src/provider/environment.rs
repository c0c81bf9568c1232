//! Secrets in environment variables.

use std::{
    env,
    path::{Path, PathBuf},
};

use sealkit_names::lookup::{self, Pass};

use super::{Found, Mount, Provider};
use crate::{
    MountType, Result, Secret, SecretBytes,
    error::{Error, ErrorKind},
    secret_value::MAX_SECRET_BYTES,
};

/// The environment variables of this process, under the names that Flyte 1 and Flyte 2 give them.
///
/// ```
/// use sealkit::{Environment, Session};
///
/// let session = Session::isolated().provider(Environment::with_prefix("MYAPP_"));
/// # drop(session);
/// ```
#[derive(Clone, Debug)]
pub struct Environment {
    passes: &'static [Pass],
    prefixes: Vec<String>,
    unprefixed: bool,
    /// Where secrets are mounted that are files.
    mounts: Vec<PathBuf>,
}

impl Environment {
    /// Variables with this prefix, and those that requests declare by `env_var`.
    pub fn with_prefix(prefix: impl Into<String>) -> Self {
        let passes = &[Pass::Declared, Pass::Flytekit, Pass::Injected];
        Self { passes, prefixes: vec![prefix.into()], unprefixed: false, mounts: Vec::new() }
    }

    pub(super) fn new(
        passes: &'static [Pass],
        prefixes: Vec<String>,
        unprefixed: bool,
        mounts: Vec<PathBuf>,
    ) -> Self {
        Self { passes, prefixes, unprefixed, mounts }
    }

    fn first<T>(&self, secret: &Secret, mut look: impl FnMut(&str) -> Option<T>) -> Option<(String, T)> {
        let request = secret.request();
        let look = &mut look;
        self.passes.iter().find_map(|pass| {
            lookup::variable(*pass, &request, &self.prefixes, self.unprefixed, |name| look(name))
        })
    }
}

impl Provider for Environment {
    fn name(&self) -> String {
        "the environment".to_owned()
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<Found>> {
        let request = secret.request();
        let found = self.first(secret, |name| {
            if let Some(value) = sealkit_process::secret(name) {
                return Some((value.to_vec(), false));
            }
            let value = env::var_os(name)?;
            // Where the cluster decides, it may decide for a file and put its path here. That is no secret.
            let is_path = request.mount == MountType::Any
                && request.env_var == Some(name)
                && self.mounts.iter().any(|mounts| Path::new(&value).starts_with(mounts));
            (!is_path).then(|| (value.into_encoded_bytes(), true))
        });
        let Some((name, (value, is_there))) = found else { return Ok(None) };
        let value = SecretBytes::new(value);
        if value.expose().len() > MAX_SECRET_BYTES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the value of `{name}` is larger than 1 MiB"),
            ));
        }
        // A pod takes secrets out of its environment, but for those that are wanted there by name.
        Ok(Some(Found { value, mount: if is_there { Mount::Variable(name) } else { Mount::None } }))
    }

    fn places(&self, secret: &Secret) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        let _nothing: Option<(String, ())> = self.first(secret, |name| {
            places.push(format!("${name}"));
            None
        });
        places
    }
}
