//! Secret requests.

use std::fmt;

use sealkit_idl::core as idl;
use sealkit_names::Request;
pub use sealkit_names::{GuardMode, MountType};

/// A secret request of a task, an element of `#[task(secret_requests = [...])]`.
///
/// The fields are those of flytekit's `Secret` and of Flyte's `core.Secret`, and [`guard`](Secret::guard), which only sealkit knows. In `secret_requests`, the short form
/// `Secret(key = "k", mount_requirement = FILE)` is equal to this builder.
///
/// # Examples
///
/// A request as a constant that several tasks share:
///
/// ```
/// use sealkit::{MountType, Secret, current_context, task};
///
/// const TOKEN: Secret = Secret::new("hf_token").group("hub").mount(MountType::EnvVar).env_var("HF_TOKEN");
///
/// #[task(secret_requests = [TOKEN, Secret(key = "cert", mount_requirement = FILE)])]
/// fn download() -> sealkit::Result<i64> {
///     let token = current_context().secrets().group("hub").get("hf_token")?;
///     Ok(token.expose().len() as i64)
/// }
/// # let kit = sealkit::testing::TestSecrets::new().with_group("hub", "hf_token", "t0k3n");
/// # assert_eq!(kit.run(download).unwrap(), 5);
/// ```
///
/// These do not compile: a name that Flyte rejects, a duplicate request, and two requests that Flyte would mount in the
/// same variable or file.
///
/// ```compile_fail
/// # use sealkit::{Secret, task};
/// #[task(secret_requests = [Secret(key = "my-key"), Secret(key = "my_key")])]
/// fn collision() -> sealkit::Result<()> {
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    request: Request<'static>,
    guard: GuardMode,
}

impl Secret {
    /// Creates a request for the secret `key`, with the mount requirement `ANY`.
    pub const fn new(key: &'static str) -> Self {
        let (group, group_version, env_var) = (None, None, None);
        let request = Request { key, group, group_version, mount: MountType::Any, env_var };
        Self { request, guard: GuardMode::Standard }
    }

    /// Sets the group of the secret: a name, or for the secret managers of Flyte 1 the ARN, the URI or the path of a secret.
    ///
    /// The local store holds names only; `sealkit run --secret GROUP/KEY=env:VARIABLE` passes other secrets to a local run.
    #[must_use]
    pub const fn group(mut self, group: &'static str) -> Self {
        self.request.group = Some(group);
        self
    }

    /// Sets the version of the group. Flyte 1 uses it; Flyte 2 ignores it.
    #[must_use]
    pub const fn group_version(mut self, version: &'static str) -> Self {
        self.request.group_version = Some(version);
        self
    }

    /// Sets the mount requirement: an environment variable, a file, or either.
    #[must_use]
    pub const fn mount(mut self, requirement: MountType) -> Self {
        self.request.mount = requirement;
        self
    }

    /// Sets the name of the environment variable for the secret.
    ///
    /// With the mount requirement `FILE`, the variable contains the path of the file. The variable stays in the environment
    /// of a pod, and child processes inherit it.
    #[must_use]
    pub const fn env_var(mut self, name: &'static str) -> Self {
        self.request.env_var = Some(name);
        self
    }

    /// Sets how carefully outputs, errors and logs are searched for the value: `guard = "off"` or `guard = "strict"` in the short form.
    ///
    /// If several tasks of a run request the secret, the strictest mode applies to the output that they print.
    ///
    /// ```
    /// use sealkit::{ErrorKind, current_context, task, testing::TestSecrets};
    ///
    /// /// The name of a warehouse is no secret, but it is stored with the password.
    /// #[task(secret_requests = [Secret(key = "warehouse", guard = "off"), Secret(key = "pin", guard = "strict")])]
    /// fn describe(with_pin: bool) -> sealkit::Result<String> {
    ///     let secrets = current_context().secrets();
    ///     let (warehouse, pin) = (secrets.get("warehouse")?, secrets.get("pin")?);
    ///     Ok(if with_pin { format!("the PIN is {}", pin.expose()) } else { warehouse.expose().to_owned() })
    /// }
    ///
    /// let session = TestSecrets::new().with("warehouse", "COMPUTE_WH_EU").with("pin", "4711").session();
    /// assert_eq!(session.run(|| describe(false)).unwrap(), "COMPUTE_WH_EU");
    /// // A PIN is too short to be found in the standard mode.
    /// assert_eq!(session.run(|| describe(true)).unwrap_err().kind(), ErrorKind::Leak);
    /// ```
    #[must_use]
    pub const fn guard(mut self, mode: GuardMode) -> Self {
        self.guard = mode;
        self
    }

    /// Returns the key.
    pub const fn key(&self) -> &'static str {
        self.request.key
    }

    /// Returns the group.
    pub const fn group_name(&self) -> Option<&'static str> {
        self.request.group
    }

    /// Returns the version of the group.
    pub const fn version(&self) -> Option<&'static str> {
        self.request.group_version
    }

    /// Returns the mount requirement.
    pub const fn mount_requirement(&self) -> MountType {
        self.request.mount
    }

    /// Returns the name of the environment variable.
    pub const fn variable(&self) -> Option<&'static str> {
        self.request.env_var
    }

    /// Returns how carefully the value is guarded.
    pub const fn guard_mode(&self) -> GuardMode {
        self.guard
    }

    /// Returns the request in the form that the naming rules take.
    #[doc(hidden)]
    pub const fn request(&self) -> Request<'static> {
        self.request
    }
}

/// The name: `key`, or `group/key`.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("key", &self.request.key)
            .field("group", &self.request.group)
            .field("group_version", &self.request.group_version)
            .field("mount_requirement", &self.request.mount)
            .field("env_var", &self.request.env_var)
            .field("guard", &self.guard)
            .finish()
    }
}

#[doc(hidden)]
impl From<Secret> for idl::Secret {
    fn from(secret: Secret) -> Self {
        Self {
            group: secret.request.group.unwrap_or_default().to_owned(),
            group_version: secret.request.group_version.unwrap_or_default().to_owned(),
            key: secret.request.key.to_owned(),
            mount_requirement: match secret.request.mount {
                MountType::EnvVar => idl::MountType::EnvVar,
                MountType::File => idl::MountType::File,
                _ => idl::MountType::Any,
            }
            .into(),
            env_var: secret.request.env_var.unwrap_or_default().to_owned(),
        }
    }
}
