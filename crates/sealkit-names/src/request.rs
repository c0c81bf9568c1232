//! A secret request as the naming rules see it.

use core::fmt::{self, Write as _};

/// How a task wants a secret: in an environment variable, in a file, or whichever the cluster offers.
///
/// The associated constants are the words that Flyte writes; they exist so that
/// `mount_requirement = FILE` can be written in `#[task]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MountType {
    /// The cluster decides (`ANY`, Flyte's default).
    #[default]
    Any,
    /// An environment variable (`ENV_VAR`).
    EnvVar,
    /// A file (`FILE`).
    File,
}

impl MountType {
    /// [`MountType::Any`], as Flyte writes it.
    pub const ANY: Self = Self::Any;
    /// [`MountType::EnvVar`], as Flyte writes it.
    pub const ENV_VAR: Self = Self::EnvVar;
    /// [`MountType::File`], as Flyte writes it.
    pub const FILE: Self = Self::File;

    /// The word on the wire: `ANY`, `ENV_VAR` or `FILE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "ANY",
            Self::EnvVar => "ENV_VAR",
            Self::File => "FILE",
        }
    }

    /// The mount type that a word on the wire names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Any, Self::EnvVar, Self::File].into_iter().find(|mount| mount.as_str() == word)
    }

    /// Whether a secret mounted like this may be an environment variable.
    pub const fn may_be_variable(self) -> bool {
        matches!(self, Self::Any | Self::EnvVar)
    }

    /// Whether a secret mounted like this may be a file.
    pub const fn may_be_file(self) -> bool {
        matches!(self, Self::Any | Self::File)
    }
}

impl fmt::Display for MountType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One secret request, borrowed: the five fields of Flyte's `core.Secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The group the secret belongs to.
    pub group: Option<&'a str>,
    /// The version of the group.
    pub group_version: Option<&'a str>,
    /// The secret's own name.
    pub key: &'a str,
    /// How it is to be mounted.
    pub mount: MountType,
    /// The environment variable that the task wants it in.
    pub env_var: Option<&'a str>,
}

impl Request<'_> {
    /// The short form that declares this request, to be shown to people.
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
}

/// `group/key`, or `key` alone.
impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = self.group {
            write!(f, "{group}/")?;
        }
        f.write_str(self.key)
    }
}
