//! The provider for environment variables.

use std::{
    env,
    path::{Path, PathBuf},
};

use sealkit_names::lookup::{self, Pass};

use super::{Mount, ProvidedValue, Provider};
use crate::{
    MountType, Result, Secret, SecretBytes,
    error::{Error, ErrorKind},
    secret_value::MAX_SECRET_BYTES,
};

/// A provider for the environment variables of this process, with the names that Flyte 1 and Flyte 2 use.
///
/// For a request with key `k` and group `g` and the prefix `P_` these are `P_G_K` and `P_K`. The variable that a request
/// names with `env_var` is read first. A standard [`Session`](crate::Session) reads the prefixes `_FSEC_` and `_UNION_`,
/// or `$FLYTE_SECRETS_ENV_PREFIX`, without further setup.
///
/// # Examples
///
/// ```
/// use sealkit::{EnvironmentVariables, ErrorKind, Session, current_context, task};
///
/// #[task(secret_requests = [Secret(key = "token")])]
/// fn connect() -> sealkit::Result<()> {
///     current_context().secrets().get("token").map(drop)
/// }
///
/// let session = Session::isolated().provider(EnvironmentVariables::with_prefix("MYAPP_"));
/// let error = session.run(connect).unwrap_err(); // the variable is not set
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "secret `token` of task `connect` was not found in $MYAPP_TOKEN");
/// ```
#[derive(Clone, Debug)]
pub struct EnvironmentVariables {
    passes: &'static [Pass],
    prefixes: Vec<String>,
    unprefixed: bool,
    /// The directories in which secret files are mounted.
    mounts: Vec<PathBuf>,
}

impl EnvironmentVariables {
    /// Creates a provider for variables with this prefix, and for the variables that requests name with `env_var`.
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

    /// Calls `visit` with every candidate name until it returns a value.
    fn first<T>(&self, secret: &Secret, mut visit: impl FnMut(&str) -> Option<T>) -> Option<(String, T)> {
        let request = secret.request();
        let visit = &mut visit;
        self.passes.iter().find_map(|pass| {
            lookup::variable(*pass, &request, &self.prefixes, self.unprefixed, |name| visit(name))
        })
    }
}

impl Provider for EnvironmentVariables {
    fn name(&self) -> String {
        "the environment".to_owned()
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
        let request = secret.request();
        let found = self.first(secret, |name| {
            if let Some(value) = sealkit_process::secret(name) {
                return Some((value.to_vec(), false));
            }
            let value = env::var_os(name)?;
            // For `ANY` the cluster may mount a file and put its path into this variable. A path is not the secret.
            let is_path = request.mount == MountType::Any
                && request.env_var == Some(name)
                && self.mounts.iter().any(|mounts| Path::new(&value).starts_with(mounts));
            (!is_path).then(|| (value.into_encoded_bytes(), true))
        });
        let Some((name, (value, is_in_environment))) = found else { return Ok(None) };
        let value = SecretBytes::new(value);
        if value.expose().len() > MAX_SECRET_BYTES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the value of the variable `{name}` is larger than 1 MiB"),
            ));
        }
        // A pod removes secrets from its environment, except those requested with `env_var`.
        Ok(Some(ProvidedValue {
            value,
            mount: if is_in_environment { Mount::Variable(name) } else { Mount::None },
        }))
    }

    fn locations(&self, secret: &Secret) -> Vec<String> {
        let mut locations: Vec<String> = Vec::new();
        let _: Option<(String, ())> = self.first(secret, |name| {
            locations.push(format!("${name}"));
            None
        });
        locations
    }
}
