//! Secret requests.

use sealkit_idl::core as idl;
pub use sealkit_names::MountType;
use sealkit_names::Request;

/// A secret request of a task, an element of `#[task(secret_requests = [...])]`.
///
/// The fields are those of flytekit's `Secret` and of Flyte's `core.Secret`. In `secret_requests`, the short form
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    key: &'static str,
    group: Option<&'static str>,
    group_version: Option<&'static str>,
    mount_requirement: MountType,
    env_var: Option<&'static str>,
}

impl Secret {
    /// Creates a request for the secret `key`, with the mount requirement `ANY`.
    pub const fn new(key: &'static str) -> Self {
        Self { key, group: None, group_version: None, mount_requirement: MountType::Any, env_var: None }
    }

    /// Sets the group of the secret.
    #[must_use]
    pub const fn group(mut self, group: &'static str) -> Self {
        self.group = Some(group);
        self
    }

    /// Sets the version of the group. Flyte 1 uses it; Flyte 2 ignores it.
    #[must_use]
    pub const fn group_version(mut self, version: &'static str) -> Self {
        self.group_version = Some(version);
        self
    }

    /// Sets the mount requirement: an environment variable, a file, or either.
    #[must_use]
    pub const fn mount(mut self, requirement: MountType) -> Self {
        self.mount_requirement = requirement;
        self
    }

    /// Sets the name of the environment variable for the secret.
    ///
    /// With the mount requirement `FILE`, the variable contains the path of the file. The variable stays in the environment
    /// of a pod, and child processes inherit it.
    #[must_use]
    pub const fn env_var(mut self, name: &'static str) -> Self {
        self.env_var = Some(name);
        self
    }

    /// Returns the request as the naming rules see it. Its fields are public.
    pub const fn request(&self) -> Request<'static> {
        Request {
            group: self.group,
            group_version: self.group_version,
            key: self.key,
            mount: self.mount_requirement,
            env_var: self.env_var,
        }
    }
}

impl From<Secret> for idl::Secret {
    fn from(secret: Secret) -> Self {
        Self {
            group: secret.group.unwrap_or_default().to_owned(),
            group_version: secret.group_version.unwrap_or_default().to_owned(),
            key: secret.key.to_owned(),
            mount_requirement: match secret.mount_requirement {
                MountType::EnvVar => idl::MountType::EnvVar,
                MountType::File => idl::MountType::File,
                _ => idl::MountType::Any,
            }
            .into(),
            env_var: secret.env_var.unwrap_or_default().to_owned(),
        }
    }
}
