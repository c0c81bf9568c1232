//! Incompatibilities: valid requests that a cluster does not mount correctly.
//!
//! The injectors of Flyte 2 implement requests only in part. The default injector, for the secrets that Flyte
//! stores itself, ignores groups and sets the `env_var` of only one secret file, in an unspecified order. These
//! failures only appear when the pod runs, so check requests before sending a task to a cluster.
//!
//! Requests that are never valid are checked in [`rules`](crate::rules) and [`collision`](crate::collision).

use core::fmt;

use crate::{MountType, Request, text::quoted_list};

/// Maximum length of group and version, and a separator, in the name of a volume.
const VOLUME_MAX: usize = 39;

/// Requests of a task that a cluster would not mount correctly.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incompatibility {
    /// Two secrets differ only in their groups, which the cluster ignores.
    SameSecret {
        /// Key of both secrets.
        key: String,
        /// Display names of the two secrets.
        secrets: [String; 2],
    },
    /// Two secrets request the same environment variable.
    SameVariable {
        /// Name of the variable.
        env_var: String,
        /// Display names of the two secrets.
        secrets: [String; 2],
    },
    /// A variable would contain the path of a file that does not exist.
    LowerCasePath {
        /// Name of the variable.
        env_var: String,
        /// Key of the secret, which is the name of the file.
        key: String,
    },
    /// Variables for the paths of files may not be set.
    MissingVariables {
        /// Names of the variables.
        env_vars: Vec<String>,
    },
    /// Files of the same group are requested in different versions, so the pod cannot be created.
    TwoVersions {
        /// Name of the group.
        group: String,
        /// Display names of two secrets with different versions.
        secrets: [String; 2],
    },
    /// The name of a group is too long for a volume of Kubernetes.
    LongGroup {
        /// Name of the group.
        group: String,
        /// Display name of the secret.
        secret: String,
    },
    /// A key cannot be in a template of Vault.
    VaultKey {
        /// Name of the group, which is a path in Vault.
        group: String,
        /// Key of the secret.
        key: String,
    },
    /// The cluster ignores the groups of secrets.
    NoGroups {
        /// Display name and key of each secret.
        secrets: Vec<(String, String)>,
    },
}

/// Returns the incompatibilities of the requests of a task, fatal ones first.
pub fn incompatibilities(requests: &[Request<'_>]) -> Vec<Incompatibility> {
    let mut found = pairs(requests, same_secret);
    found.extend(pairs(requests, same_variable));
    found.extend(pairs(requests, two_versions));
    let files = || requests.iter().filter(|request| request.mount == MountType::File);
    found.extend(files().filter_map(lower_case_path));
    // The injector sets no variable for a second file, even if the first file has none.
    let env_vars: Vec<String> = files().filter_map(|file| Some(file.env_var?.to_owned())).collect();
    if !env_vars.is_empty() && files().count() > 1 {
        found.push(Incompatibility::MissingVariables { env_vars });
    }
    found.extend(requests.iter().filter_map(long_group));
    found.extend(requests.iter().filter_map(vault_key));
    let grouped =
        requests.iter().filter(|request| request.group.is_some() || request.group_version.is_some());
    let secrets: Vec<_> = grouped.map(|request| (display_name(request), request.key.to_owned())).collect();
    if !secrets.is_empty() {
        found.push(Incompatibility::NoGroups { secrets });
    }
    found
}

/// Returns the first incompatibility of each request with an earlier one.
fn pairs(
    requests: &[Request<'_>],
    check: fn(&Request<'_>, &Request<'_>) -> Option<Incompatibility>,
) -> Vec<Incompatibility> {
    let each = requests.iter().enumerate();
    each.filter_map(|(i, later)| requests[..i].iter().find_map(|earlier| check(earlier, later))).collect()
}

/// Flyte 2 identifies the secrets that it stores by their keys alone.
fn same_secret(a: &Request<'_>, b: &Request<'_>) -> Option<Incompatibility> {
    let differ = (a.group, a.group_version) != (b.group, b.group_version);
    (a.key == b.key && differ).then(|| Incompatibility::SameSecret {
        key: a.key.to_owned(),
        secrets: [display_name(a), display_name(b)],
    })
}

fn same_variable(a: &Request<'_>, b: &Request<'_>) -> Option<Incompatibility> {
    let env_var = a.env_var.filter(|_| a.env_var == b.env_var)?.to_owned();
    Some(Incompatibility::SameVariable { env_var, secrets: [display_name(a), display_name(b)] })
}

/// The webhook looks up a Kubernetes volume by group, but names it after group and version.
fn two_versions(a: &Request<'_>, b: &Request<'_>) -> Option<Incompatibility> {
    let files = a.mount.may_be_file() && b.mount.may_be_file();
    let group = a.group.filter(|_| a.group == b.group)?.to_owned();
    // The same key in two versions is a `SameSecret`, which is fatal.
    (files && a.group_version != b.group_version && a.key != b.key)
        .then(|| Incompatibility::TwoVersions { group, secrets: [display_name(a), display_name(b)] })
}

/// The file has the name of the key, but its variable contains the name in lower case.
fn lower_case_path(file: &Request<'_>) -> Option<Incompatibility> {
    let env_var = file.env_var?.to_owned();
    let capitals = file.key.bytes().any(|b| b.is_ascii_uppercase());
    capitals.then(|| Incompatibility::LowerCasePath { env_var, key: file.key.to_owned() })
}

/// The name of the volume is group, `.` and version in Base32, and has at most 63 characters (`secret/utils.go`).
fn long_group(request: &Request<'_>) -> Option<Incompatibility> {
    let group = request.group.filter(|_| request.mount.may_be_file())?;
    let length = group.len() + 1 + request.group_version.map_or(0, str::len);
    (length > VOLUME_MAX)
        .then(|| Incompatibility::LongGroup { group: group.to_owned(), secret: display_name(request) })
}

/// The key is a field in a template of Go, such as `.Data.data.key` (`secret/utils.go`).
fn vault_key(request: &Request<'_>) -> Option<Incompatibility> {
    let group = request.group.filter(|_| request.mount.may_be_file())?.to_owned();
    let key = request.key.to_owned();
    let is_invalid = key.contains('-') || key.starts_with(|c: char| c.is_ascii_digit());
    is_invalid.then_some(Incompatibility::VaultKey { group, key })
}

/// Returns `` `group/key` ``, followed by the group version if there is one.
fn display_name(request: &Request<'_>) -> String {
    match request.group_version {
        Some(version) => format!("`{request}` (version `{version}`)"),
        None => format!("`{request}`"),
    }
}

impl Incompatibility {
    /// Returns whether the task cannot work. Other incompatibilities may not affect it.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::SameSecret { .. } | Self::SameVariable { .. })
    }

    /// Returns the hint for users.
    pub fn hint(&self) -> String {
        match self {
            Self::SameSecret { .. } => "give one of the two secrets another key".to_owned(),
            Self::SameVariable { .. } => "give each request its own `env_var`".to_owned(),
            Self::LowerCasePath { key, .. } => {
                format!("read the file with `get_secrets_file(\"{key}\")`, or use a key in lower case")
            }
            Self::MissingVariables { .. } => {
                "read the files with `get_secrets_file` and remove `env_var`".to_owned()
            }
            Self::TwoVersions { .. } => {
                "request the same version of the group, or request one of the secrets as `ENV_VAR`".to_owned()
            }
            Self::LongGroup { .. } => format!(
                "request it as `ENV_VAR`, or use a group and version of at most {} characters together",
                VOLUME_MAX - 1
            ),
            Self::VaultKey { .. } => {
                "use a key of letters, digits and `_` that does not begin with a digit".to_owned()
            }
            Self::NoGroups { secrets } => {
                let mut keys: Vec<&str> = secrets.iter().map(|(_, key)| &**key).collect();
                keys.sort_unstable();
                keys.dedup();
                let commands = keys.iter().map(|key| format!("sealkit create secret {key} --remote"));
                format!(
                    "create missing secrets without a group: {}; only clusters with secrets in Kubernetes or a vault use groups",
                    quoted_list(commands, "and")
                )
            }
        }
    }
}

impl fmt::Display for Incompatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameSecret { key, secrets: [a, b] } => {
                write!(
                    f,
                    "Flyte 2 ignores the groups of its own secrets: {a} and {b} would both be the secret `{key}`"
                )
            }
            Self::SameVariable { env_var, secrets: [a, b] } => {
                write!(f, "{a} and {b} would share the environment variable `{env_var}`")
            }
            Self::LowerCasePath { env_var, key } => write!(
                f,
                "Flyte 2 sets `{env_var}` to a path that does not exist: the file name is `{key}`, but the path ends in `{}`",
                key.to_lowercase()
            ),
            Self::MissingVariables { env_vars } => write!(
                f,
                "Flyte 2 sets the environment variable of only one secret file: {} may be missing",
                quoted_list(env_vars, "and")
            ),
            Self::TwoVersions { group, secrets: [a, b] } => write!(
                f,
                "{a} and {b} are files of the same group in different versions: if `{group}` is a Kubernetes secret, the pod cannot start"
            ),
            Self::LongGroup { group, secret } => write!(
                f,
                "the group of {secret} is too long for a volume: if `{group}` is a Kubernetes secret, the pod cannot start"
            ),
            Self::VaultKey { group, key } => write!(
                f,
                "`{key}` is no valid field of a Vault template: if `{group}` is a path in Vault, the pod cannot start"
            ),
            Self::NoGroups { secrets } => {
                f.write_str("Flyte 2 ignores the groups of its own secrets: ")?;
                for (i, (secret, key)) in secrets.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    write!(f, "{separator}{secret} becomes `{key}`")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
