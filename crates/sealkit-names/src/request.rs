//! A borrowed view of a secret request.

use core::fmt::{self, Write as _};

use crate::ConstText;

/// How a secret is mounted: as an environment variable, as a file, or as the cluster chooses.
///
/// The associated constants carry Flyte's names, so that `#[task]` accepts `mount_requirement = FILE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MountType {
    /// As the cluster chooses (`ANY`, Flyte's default).
    #[default]
    Any,
    /// As an environment variable (`ENV_VAR`).
    EnvVar,
    /// As a file (`FILE`).
    File,
}

impl MountType {
    /// Flyte's name for [`MountType::Any`].
    pub const ANY: Self = Self::Any;
    /// Flyte's name for [`MountType::EnvVar`].
    pub const ENV_VAR: Self = Self::EnvVar;
    /// Flyte's name for [`MountType::File`].
    pub const FILE: Self = Self::File;

    /// Returns Flyte's name: `ANY`, `ENV_VAR` or `FILE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "ANY",
            Self::EnvVar => "ENV_VAR",
            Self::File => "FILE",
        }
    }

    /// Returns the mount type with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Any, Self::EnvVar, Self::File].into_iter().find(|mount| mount.as_str() == name)
    }

    /// Returns whether the secret may be mounted as an environment variable.
    pub const fn may_be_variable(self) -> bool {
        matches!(self, Self::Any | Self::EnvVar)
    }

    /// Returns whether the secret may be mounted as a file.
    pub const fn may_be_file(self) -> bool {
        matches!(self, Self::Any | Self::File)
    }
}

impl fmt::Display for MountType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A borrowed secret request, with the five fields of Flyte's `core.Secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Group of the secret.
    pub group: Option<&'a str>,
    /// Version of the group.
    pub group_version: Option<&'a str>,
    /// Key of the secret.
    pub key: &'a str,
    /// Mount requirement.
    pub mount: MountType,
    /// Environment variable to mount the secret in.
    pub env_var: Option<&'a str>,
}

impl Request<'_> {
    /// Returns the `#[task]` syntax that declares this request, for messages.
    pub fn short_form(&self) -> String {
        let mut text = format!("Secret(key = \"{}\"", self.key);
        for (field, value) in
            [("group", self.group), ("group_version", self.group_version), ("env_var", self.env_var)]
        {
            if let Some(value) = value {
                let _ = write!(text, ", {field} = \"{value}\"");
            }
        }
        if self.mount != MountType::Any {
            let _ = write!(text, ", mount_requirement = {}", self.mount);
        }
        text.push(')');
        text
    }

    /// Returns `group/key`, or `key` if it has no group, in constant evaluation.
    pub const fn name(&self) -> ConstText {
        match self.group {
            Some(group) => ConstText::of(&[group, "/", self.key]),
            None => ConstText::of(&[self.key]),
        }
    }
}

/// Formats the request as `group/key`, or as `key` if it has no group.
impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = self.group {
            write!(f, "{group}/")?;
        }
        f.write_str(self.key)
    }
}
