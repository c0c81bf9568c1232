//! Validation of names.
//!
//! Keys follow the pattern of Flyte's `SecretIdentifier`, `^[-a-zA-Z0-9_]+$`, with a length that every store
//! and file system supports. Environment variables follow flytekit's `^[A-Z_][A-Z0-9_]*$`. The whole name must
//! match: flytekit's own check accepts a trailing newline. Variables that programs rely on are reserved.

use core::fmt;

use crate::{Request, text::escape, variables};

/// Maximum length of a key in bytes.
pub const KEY_MAX: usize = 128;
/// Maximum length of the name of a secret on a cluster in bytes: the limit of Kubernetes.
pub const CLUSTER_KEY_MAX: usize = 253;
/// Maximum length of a group version, a domain, a project, or a group in the local store, in bytes.
pub const GROUP_MAX: usize = 63;
/// Maximum length of a group in a request in bytes.
pub const REQUESTED_GROUP_MAX: usize = 255;
/// Maximum size of a value in bytes: the limit of a Kubernetes secret.
pub const VALUE_MAX: usize = 1 << 20;

/// Reserved variables.
const RESERVED: [&str; 11] = [
    "PATH",
    "HOME",
    "IFS",
    "ENV",
    "BASH_ENV",
    "NODE_OPTIONS",
    "RUN_NAME",
    "ACTION_NAME",
    "USER",
    "SHELL",
    "TMPDIR",
];
/// Prefixes of reserved variables.
const RESERVED_PREFIXES: [&str; 12] = [
    "LD_",
    "DYLD_",
    "PYTHON",
    "RUST_",
    "CARGO_",
    "GIT_",
    "SSL_CERT_",
    "FLYTE_",
    "_FSEC_",
    "_UNION_",
    "KUBERNETES_",
    "SEALKIT_",
];

/// An invalid name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The key is empty, too long, or contains an invalid character.
    Key,
    /// The name of a secret on a cluster is empty, too long, or contains an invalid character.
    ClusterKey,
    /// The group is empty, too long, or contains an invalid character or part.
    Group,
    /// The group is valid, but the local store cannot hold it.
    StoredGroup,
    /// The group version is empty, too long, or contains an invalid character.
    GroupVersion,
    /// The domain is empty, too long, or contains an invalid character.
    Domain,
    /// The project is empty, too long, or contains an invalid character.
    Project,
    /// The environment variable is empty, too long, or contains an invalid character.
    EnvVar,
    /// The environment variable is reserved.
    ReservedEnvVar,
    /// The variable of a task is empty, too long, or contains an invalid character.
    Variable,
    /// The variable of a task is reserved for Flyte and sealkit.
    ReservedVariable,
    /// The task name is empty, too long, or contains an invalid character.
    TaskName,
}

impl NameError {
    /// Returns the violated rule, without the name.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Key => "a secret key is 1 to 128 ASCII letters, digits, `-` or `_`",
            Self::ClusterKey => {
                "the name of a secret on a cluster is 1 to 253 ASCII letters, digits, `-`, `_` or `.`"
            }
            Self::Group => {
                "a secret group is 1 to 255 ASCII letters, digits, `-`, `_`, `.`, `:`, `/`, `@` or `+`, such as `db`, an ARN or a \
                 path; it does not begin or end with `/`, and no part of it is `.` or `..`"
            }
            Self::StoredGroup => "a group in the local store is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::GroupVersion => "a group version is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::Domain => "a domain is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::Project => "a project is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::EnvVar => {
                "`env_var` is 1 to 128 ASCII capital letters, digits or `_`, and does not start with a digit, as in `HF_TOKEN`"
            }
            Self::ReservedEnvVar => {
                "`env_var` must not be a variable that programs or Flyte rely on: choose another name, such as `HF_TOKEN`"
            }
            Self::Variable => {
                "an environment variable is 1 to 128 ASCII letters, digits or `_`, and does not start with a digit, as in `LOG_LEVEL`"
            }
            Self::ReservedVariable => "this environment variable is reserved for Flyte and sealkit",
            Self::TaskName => "a task name is 1 to 255 ASCII letters, digits, `-`, `_` or `.`",
        }
    }

    /// Returns the error message for `name`.
    pub fn message(self, name: &str) -> String {
        let rule = self.rule();
        let alphabet: fn(char) -> bool = match self {
            Self::ReservedEnvVar | Self::ReservedVariable => return format!("`{}`: {rule}", escape(name)),
            Self::EnvVar => |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_',
            Self::Variable => |c| c.is_ascii_alphanumeric() || c == '_',
            Self::TaskName | Self::ClusterKey => {
                |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
            }
            Self::Group => {
                |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@' | '+')
            }
            Self::Key | Self::StoredGroup | Self::GroupVersion | Self::Domain | Self::Project => {
                |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
            }
        };
        if name.is_empty() {
            return format!("empty name: {rule}");
        }
        match name.chars().find(|c| !alphabet(*c)) {
            Some(c) => format!("`{}` contains `{}`: {rule}", escape(name), c.escape_debug()),
            None if matches!((self, name), (Self::TaskName, "." | "..")) => {
                format!("`{name}` is the name of a directory: {rule}, and is not `.` or `..`")
            }
            None => format!("`{}` ({} bytes): {rule}", escape(name), name.len()),
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule())
    }
}

/// Validates a key.
///
/// # Errors
///
/// Returns [`NameError::Key`] if the name is not valid.
pub const fn check_key(key: &str) -> Result<(), NameError> {
    if is_plain(key, KEY_MAX, false) { Ok(()) } else { Err(NameError::Key) }
}

/// Validates the name of a secret that other software may have created on a cluster.
///
/// A task cannot request all of these names: Kubernetes allows dots, and Flyte does not apply its own pattern.
///
/// # Errors
///
/// Returns [`NameError::ClusterKey`] if the name is not valid.
pub const fn check_cluster_key(key: &str) -> Result<(), NameError> {
    if is_plain(key, CLUSTER_KEY_MAX, true) { Ok(()) } else { Err(NameError::ClusterKey) }
}

/// Validates the group of a request. Flyte passes it on: to AWS as the ARN of a secret, to Azure as its URI, and to Vault as its path.
///
/// # Errors
///
/// Returns [`NameError::Group`] if the name is not valid.
pub const fn check_group(group: &str) -> Result<(), NameError> {
    let bytes = group.as_bytes();
    if bytes.is_empty()
        || bytes.len() > REQUESTED_GROUP_MAX
        || bytes[0] == b'/'
        || bytes[bytes.len() - 1] == b'/'
    {
        return Err(NameError::Group);
    }
    let (mut i, mut part) = (0, 0);
    while i <= bytes.len() {
        if i == bytes.len() || bytes[i] == b'/' {
            let is_relative = match i - part {
                1 => bytes[part] == b'.',
                2 => bytes[part] == b'.' && bytes[part + 1] == b'.',
                _ => false,
            };
            if is_relative {
                return Err(NameError::Group);
            }
            part = i + 1;
        } else if !(bytes[i].is_ascii_alphanumeric()
            || matches!(bytes[i], b'-' | b'_' | b'.' | b':' | b'@' | b'+'))
        {
            return Err(NameError::Group);
        }
        i += 1;
    }
    Ok(())
}

/// Validates a group in the local store, whose file names contain it.
///
/// # Errors
///
/// Returns [`NameError::Group`] or [`NameError::StoredGroup`].
pub const fn check_stored_group(group: &str) -> Result<(), NameError> {
    if is_plain(group, GROUP_MAX, false) {
        return Ok(());
    }
    match check_group(group) {
        Ok(()) => Err(NameError::StoredGroup),
        error => error,
    }
}

/// Validates a group version.
///
/// # Errors
///
/// Returns [`NameError::GroupVersion`] if the name is not valid.
pub const fn check_group_version(version: &str) -> Result<(), NameError> {
    if is_plain(version, GROUP_MAX, false) { Ok(()) } else { Err(NameError::GroupVersion) }
}

/// Validates a domain, such as `development`.
///
/// # Errors
///
/// Returns [`NameError::Domain`] if the name is not valid.
pub const fn check_domain(domain: &str) -> Result<(), NameError> {
    if is_plain(domain, GROUP_MAX, false) { Ok(()) } else { Err(NameError::Domain) }
}

/// Validates a project.
///
/// # Errors
///
/// Returns [`NameError::Project`] if the name is not valid.
pub const fn check_project(project: &str) -> Result<(), NameError> {
    if is_plain(project, GROUP_MAX, false) { Ok(()) } else { Err(NameError::Project) }
}

/// Validates the name of a task.
///
/// # Errors
///
/// Returns [`NameError::TaskName`] if the name is not valid.
pub const fn check_task_name(name: &str) -> Result<(), NameError> {
    // The name is that of a directory, too.
    let is_path = is_same(name, ".") || is_same(name, "..");
    if is_plain(name, 255, true) && !is_path { Ok(()) } else { Err(NameError::TaskName) }
}

/// Validates the environment variable of a request.
///
/// # Errors
///
/// Returns [`NameError::EnvVar`] or [`NameError::ReservedEnvVar`].
pub const fn check_env_var(name: &str) -> Result<(), NameError> {
    if !is_variable(name, false) {
        return Err(NameError::EnvVar);
    }
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < RESERVED.len() {
        if is_same(name, RESERVED[i]) {
            return Err(NameError::ReservedEnvVar);
        }
        i += 1;
    }
    let mut i = 0;
    while i < RESERVED_PREFIXES.len() {
        if starts_with(bytes, RESERVED_PREFIXES[i].as_bytes()) {
            return Err(NameError::ReservedEnvVar);
        }
        i += 1;
    }
    Ok(())
}

/// Validates a variable that a task sets in its environment.
///
/// # Errors
///
/// Returns [`NameError::Variable`] or [`NameError::ReservedVariable`].
pub const fn check_variable(name: &str) -> Result<(), NameError> {
    if !is_variable(name, true) {
        return Err(NameError::Variable);
    }
    if variables::is_reserved(name) { Err(NameError::ReservedVariable) } else { Ok(()) }
}

/// Validates every name in a request.
///
/// # Errors
///
/// Returns the first [`NameError`].
pub const fn check_request(request: &Request<'_>) -> Result<(), NameError> {
    if let Err(error) = check_key(request.key) {
        return Err(error);
    }
    if let Some(group) = request.group
        && let Err(error) = check_group(group)
    {
        return Err(error);
    }
    if let Some(version) = request.group_version
        && let Err(error) = check_group_version(version)
    {
        return Err(error);
    }
    if let Some(name) = request.env_var
        && let Err(error) = check_env_var(name)
    {
        return Err(error);
    }
    Ok(())
}

/// Returns whether Kubernetes accepts the name of an object, such as a service account: a DNS subdomain.
pub const fn is_dns_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let is_inner = i > 0 && i + 1 < bytes.len();
        if !(bytes[i].is_ascii_lowercase()
            || bytes[i].is_ascii_digit()
            || (is_inner && matches!(bytes[i], b'-' | b'.')))
        {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty() && bytes.len() <= 253
}

/// Returns whether two names are equal, for constant evaluation.
pub const fn is_same(a: &str, b: &str) -> bool {
    are_equal(a.as_bytes(), b.as_bytes())
}

pub(crate) const fn are_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && starts_with(a, b)
}

const fn is_variable(name: &str, lower_case: bool) -> bool {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let is_upper_or_digit = bytes[i].is_ascii_uppercase() || bytes[i].is_ascii_digit();
        if !(is_upper_or_digit || bytes[i] == b'_' || (lower_case && bytes[i].is_ascii_lowercase())) {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty() && bytes.len() <= KEY_MAX && !bytes[0].is_ascii_digit()
}

const fn is_plain(name: &str, max_length: usize, dots: bool) -> bool {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let b = bytes[i];
        if !(b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || (dots && b == b'.')) {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty() && bytes.len() <= max_length
}

/// Returns whether the text begins with `prefix`.
pub(crate) const fn starts_with(bytes: &[u8], prefix: &[u8]) -> bool {
    if bytes.len() < prefix.len() {
        return false;
    }
    let mut i = 0;
    while i < prefix.len() {
        if bytes[i] != prefix[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests;
