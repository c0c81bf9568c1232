//! Which names are allowed.
//!
//! Keys follow the pattern that Flyte's `SecretIdentifier` declares, `^[-a-zA-Z0-9_]+$`, with a length that
//! every store and file system can hold. Variables follow flytekit's `^[A-Z_][A-Z0-9_]*$`, matched in full
//! (flytekit's own check lets a trailing newline pass), and may not replace one that programs rely on.

use core::fmt;

use crate::{Request, words::shown};

/// The longest key, in bytes.
pub const KEY_MAX: usize = 128;
/// The longest group, group version, domain or project, in bytes.
pub const GROUP_MAX: usize = 63;
/// The largest value, in bytes: the limit of a Kubernetes secret.
pub const VALUE_MAX: usize = 1 << 20;

/// Variables that a secret may not replace: exact names.
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
/// Variables that a secret may not replace: prefixes.
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

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// A key that is empty, too long or outside the alphabet.
    Key,
    /// A group that is empty, too long or outside the alphabet.
    Group,
    /// A group version that is empty, too long or outside the alphabet.
    GroupVersion,
    /// A domain that is empty, too long or outside the alphabet.
    Domain,
    /// A project that is empty, too long or outside the alphabet.
    Project,
    /// A variable that programs could not name.
    EnvVar,
    /// A variable that programs or the platform rely on.
    ReservedEnvVar,
    /// A task name that is empty, too long or outside the alphabet.
    TaskName,
}

impl Flaw {
    /// The rule that was broken, for people to read.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Key => "a secret key is 1 to 128 ASCII letters, digits, `-` or `_`",
            Self::Group => "a secret group is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::GroupVersion => "a group version is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::Domain => "a domain is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::Project => "a project is 1 to 63 ASCII letters, digits, `-` or `_`",
            Self::EnvVar => {
                "`env_var` is capital letters, digits and `_`, and does not start with a digit, as in `HF_TOKEN`"
            }
            Self::ReservedEnvVar => {
                "`env_var` names a variable that programs or Flyte rely on: choose another, as in `HF_TOKEN`"
            }
            Self::TaskName => "a task name is 1 to 255 ASCII letters, digits, `-`, `_` or `.`",
        }
    }

    /// The whole message about `name`.
    pub fn message(self, name: &str) -> String {
        let rule = self.rule();
        let alphabet: fn(char) -> bool = match self {
            Self::ReservedEnvVar => return format!("`{}`: {rule}", shown(name)),
            Self::EnvVar => |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_',
            Self::TaskName => |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
            Self::Key | Self::Group | Self::GroupVersion | Self::Domain | Self::Project => {
                |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
            }
        };
        if name.is_empty() {
            return format!("empty name: {rule}");
        }
        match name.chars().find(|c| !alphabet(*c)) {
            Some(c) => format!("`{}` contains `{}`: {rule}", shown(name), c.escape_debug()),
            None => format!("`{}` ({} bytes): {rule}", shown(name), name.len()),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule())
    }
}

/// Checks a key.
///
/// # Errors
///
/// [`Flaw::Key`].
pub const fn check_key(key: &str) -> Result<(), Flaw> {
    if is_plain(key, KEY_MAX, false) { Ok(()) } else { Err(Flaw::Key) }
}

/// Checks a group.
///
/// # Errors
///
/// [`Flaw::Group`].
pub const fn check_group(group: &str) -> Result<(), Flaw> {
    if is_plain(group, GROUP_MAX, false) { Ok(()) } else { Err(Flaw::Group) }
}

/// Checks a group version.
///
/// # Errors
///
/// [`Flaw::GroupVersion`].
pub const fn check_group_version(version: &str) -> Result<(), Flaw> {
    if is_plain(version, GROUP_MAX, false) { Ok(()) } else { Err(Flaw::GroupVersion) }
}

/// Checks a domain, such as `development`.
///
/// # Errors
///
/// [`Flaw::Domain`].
pub const fn check_domain(domain: &str) -> Result<(), Flaw> {
    if is_plain(domain, GROUP_MAX, false) { Ok(()) } else { Err(Flaw::Domain) }
}

/// Checks a project.
///
/// # Errors
///
/// [`Flaw::Project`].
pub const fn check_project(project: &str) -> Result<(), Flaw> {
    if is_plain(project, GROUP_MAX, false) { Ok(()) } else { Err(Flaw::Project) }
}

/// Checks the name of a task.
///
/// # Errors
///
/// [`Flaw::TaskName`].
pub const fn check_task_name(name: &str) -> Result<(), Flaw> {
    if is_plain(name, 255, true) { Ok(()) } else { Err(Flaw::TaskName) }
}

/// Checks the variable that a request asks for.
///
/// # Errors
///
/// [`Flaw::EnvVar`], [`Flaw::ReservedEnvVar`].
pub const fn check_env_var(name: &str) -> Result<(), Flaw> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > KEY_MAX || bytes[0].is_ascii_digit() {
        return Err(Flaw::EnvVar);
    }
    let mut i = 0;
    while i < bytes.len() {
        if !(bytes[i].is_ascii_uppercase() || bytes[i].is_ascii_digit() || bytes[i] == b'_') {
            return Err(Flaw::EnvVar);
        }
        i += 1;
    }
    let mut i = 0;
    while i < RESERVED.len() {
        if starts_with(bytes, RESERVED[i].as_bytes()) && bytes.len() == RESERVED[i].len() {
            return Err(Flaw::ReservedEnvVar);
        }
        i += 1;
    }
    let mut i = 0;
    while i < RESERVED_PREFIXES.len() {
        if starts_with(bytes, RESERVED_PREFIXES[i].as_bytes()) {
            return Err(Flaw::ReservedEnvVar);
        }
        i += 1;
    }
    Ok(())
}

/// Checks every name in a request.
///
/// # Errors
///
/// The first [`Flaw`] found.
pub const fn check_request(request: &Request<'_>) -> Result<(), Flaw> {
    if let Err(flaw) = check_key(request.key) {
        return Err(flaw);
    }
    if let Some(group) = request.group
        && let Err(flaw) = check_group(group)
    {
        return Err(flaw);
    }
    if let Some(version) = request.group_version
        && let Err(flaw) = check_group_version(version)
    {
        return Err(flaw);
    }
    if let Some(name) = request.env_var
        && let Err(flaw) = check_env_var(name)
    {
        return Err(flaw);
    }
    Ok(())
}

const fn is_plain(name: &str, longest: usize, dots: bool) -> bool {
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let b = bytes[i];
        if !(b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || (dots && b == b'.')) {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty() && bytes.len() <= longest
}

const fn starts_with(bytes: &[u8], prefix: &[u8]) -> bool {
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
mod tests {
    use super::*;

    #[test]
    fn keys_keep_to_the_alphabet_of_flyte() {
        for good in ["k", "my_secret", "My-Key", "0", "-k", &"k".repeat(KEY_MAX)] {
            assert_eq!(check_key(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "a/b",
            "..",
            ".",
            "/etc/passwd",
            "a\\b",
            "a\0",
            "a b",
            "ключ",
            "a\n",
            &"k".repeat(KEY_MAX + 1),
        ] {
            assert_eq!(check_key(bad), Err(Flaw::Key), "{bad}");
        }
    }

    #[test]
    fn variables_are_matched_in_full_and_reserved_ones_refused() {
        for good in ["HF_TOKEN", "_X", "A1", "PATHS", "LDAP"] {
            assert_eq!(check_env_var(good), Ok(()), "{good}");
        }
        for bad in ["", "1A", "a", "A-B", "A\n", "A B", "ÄB"] {
            assert_eq!(check_env_var(bad), Err(Flaw::EnvVar), "{bad}");
        }
        for reserved in
            ["PATH", "LD_PRELOAD", "FLYTE_SECRETS_DEFAULT_DIR", "_UNION_K", "PYTHONPATH", "RUST_LOG"]
        {
            assert_eq!(check_env_var(reserved), Err(Flaw::ReservedEnvVar), "{reserved}");
        }
    }

    #[test]
    fn messages_show_the_name_the_character_and_the_rule() {
        assert_eq!(
            Flaw::Key.message("a/b"),
            "`a/b` contains `/`: a secret key is 1 to 128 ASCII letters, digits, `-` or `_`"
        );
        assert!(Flaw::Key.message("").starts_with("empty name: "));
        assert!(Flaw::Key.message("a\u{1b}[2J").contains("contains `\\u{1b}`"));
        assert!(Flaw::Key.message(&"k".repeat(10_000)).len() < 400);
    }
}
