//! Incompatibilities: valid requests that a cluster does not mount correctly.
//!
//! The injectors of Flyte 2 implement requests only in part. The default injector, for the secrets that Flyte
//! stores itself, ignores groups and sets the `env_var` of only one secret file, in an unspecified order. These
//! failures only appear when the pod runs, so check requests before sending a task to a cluster.
//!
//! Requests that are never valid are checked in [`rules`](crate::rules) and [`collision`](crate::collision).

use core::fmt;

use crate::{MountType, Request, text::quoted_list};

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
            Self::NoGroups { secrets } => {
                let mut keys: Vec<&str> = secrets.iter().map(|(_, key)| &**key).collect();
                keys.sort_unstable();
                keys.dedup();
                let commands = keys.iter().map(|key| format!("sealkit create secret {key} --remote"));
                format!(
                    "create missing secrets without a group: {}; only clusters with secrets in Kubernetes or a vault use groups",
                    quoted_list(commands)
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
                quoted_list(env_vars.iter().cloned())
            ),
            Self::TwoVersions { group, secrets: [a, b] } => write!(
                f,
                "{a} and {b} are files of the same group in different versions: if `{group}` is a Kubernetes secret, the pod cannot start"
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
mod tests {
    use super::*;

    /// Parses `group@version/key=ENV_VAR:MOUNT`, where all parts except the key are optional.
    fn request(text: &'static str) -> Request<'static> {
        let (text, mount) = text.split_once(':').unwrap_or((text, "ANY"));
        let (text, env_var) = text.split_once('=').map_or((text, None), |(text, name)| (text, Some(name)));
        let (group, key) = text.split_once('/').map_or((None, text), |(group, key)| (Some(group), key));
        let (group, group_version) = match group.and_then(|group| group.split_once('@')) {
            Some((group, version)) => (Some(group), Some(version)),
            None => (group, None),
        };
        Request { group, group_version, key, mount: MountType::from_name(mount).unwrap(), env_var }
    }

    /// Returns whether each incompatibility is fatal, and its text. `NoGroups` has its own test.
    fn check(requests: &[&'static str]) -> Vec<(bool, String)> {
        let requests: Vec<_> = requests.iter().map(|text| request(text)).collect();
        let found = incompatibilities(&requests).into_iter();
        let found = found.filter(|found| !matches!(found, Incompatibility::NoGroups { .. }));
        found.map(|found| (found.is_fatal(), found.to_string())).collect()
    }

    fn fatal(text: &str) -> Vec<(bool, String)> {
        vec![(true, text.to_owned())]
    }

    fn warning(text: &str) -> Vec<(bool, String)> {
        vec![(false, text.to_owned())]
    }

    #[test]
    fn ordinary_requests_are_compatible() {
        let ordinary: [&[&str]; 7] = [
            &[],
            &["hf_token=HF_TOKEN:ENV_VAR", "openai=OPENAI_API_KEY:ENV_VAR", "other"],
            &["My-Key", "OTHER:FILE"],
            &["a:FILE", "b:FILE", "c:FILE"],
            &["cert=CERT:FILE", "token=TOKEN:ENV_VAR", "any=ANY_OF_THEM"],
            &["k:ENV_VAR", "k:FILE"],
            &["k=K:ENV_VAR", "k=K_FILE:FILE"],
        ];
        for requests in ordinary {
            let requests: Vec<_> = requests.iter().map(|text| request(text)).collect();
            assert_eq!(incompatibilities(&requests), [], "{requests:?}");
        }
    }

    #[test]
    fn the_same_key_in_two_groups_is_fatal() {
        assert_eq!(
            check(&["a/k=A:ENV_VAR", "b/k=B:ENV_VAR"]),
            fatal(
                "Flyte 2 ignores the groups of its own secrets: `a/k` and `b/k` would both be the secret `k`"
            )
        );
        assert_eq!(
            check(&["k:ENV_VAR", "b/k:FILE"]),
            fatal(
                "Flyte 2 ignores the groups of its own secrets: `k` and `b/k` would both be the secret `k`"
            )
        );
        assert_eq!(
            check(&["g@1/k=A:ENV_VAR", "g@2/k=B:ENV_VAR"]),
            fatal(
                "Flyte 2 ignores the groups of its own secrets: `g/k` (version `1`) and `g/k` (version `2`) would both be the secret `k`"
            )
        );
        assert_eq!(check(&["a/k:ENV_VAR", "a/k:FILE"]), []);
        assert_eq!(check(&["a/k", "b/K2"]), []);
    }

    #[test]
    fn a_third_colliding_request_is_reported_once() {
        assert_eq!(check(&["a/k=A:ENV_VAR", "b/k=B:ENV_VAR", "c/k=C:ENV_VAR"]).len(), 2);
    }

    #[test]
    fn two_secrets_in_the_same_variable_are_fatal() {
        let text = "`a` and `b` would share the environment variable `X`";
        assert_eq!(check(&["a=X:FILE", "b=X:ENV_VAR"]), fatal(text));
        assert_eq!(check(&["a=X:ENV_VAR", "b=X:FILE"]), fatal(text));
        assert_eq!(check(&["a=X:FILE", "b=X"]), fatal(text));
        assert_eq!(check(&["a=X:FILE", "b=X:FILE"])[0], fatal(text)[0]);
    }

    #[test]
    fn the_path_of_a_key_with_capitals_is_reported() {
        assert_eq!(
            check(&["My-Key=CERT:FILE"]),
            warning(
                "Flyte 2 sets `CERT` to a path that does not exist: the file name is `My-Key`, but the path ends in `my-key`"
            )
        );
        assert_eq!(check(&["My-Key=CERT:ENV_VAR"]), []);
        assert_eq!(check(&["My-Key=CERT"]), []);
    }

    #[test]
    fn the_variables_of_several_files_may_be_missing() {
        assert_eq!(
            check(&["a=A:FILE", "b=B:FILE", "c=C:FILE"]),
            warning(
                "Flyte 2 sets the environment variable of only one secret file: `A`, `B` and `C` may be missing"
            )
        );
        assert_eq!(
            check(&["a=A:FILE", "b:FILE"]),
            warning("Flyte 2 sets the environment variable of only one secret file: `A` may be missing")
        );
        assert_eq!(check(&["a=A:FILE", "b=B"]), []);
    }

    #[test]
    fn files_of_a_group_in_two_versions_are_reported() {
        assert_eq!(
            check(&["g@1/a:FILE", "g@2/b"]),
            warning(
                "`g/a` (version `1`) and `g/b` (version `2`) are files of the same group in different versions: if `g` is a Kubernetes secret, the pod cannot start"
            )
        );
        assert_eq!(check(&["g@1/a", "g/b"]).len(), 1);
        assert_eq!(check(&["g@1/a:ENV_VAR", "g@2/b:FILE"]), []);
        assert_eq!(check(&["g@1/a:FILE", "g@1/b:FILE"]), []);
        assert_eq!(check(&["g@1/a:FILE", "h@2/b:FILE"]), []);
    }

    #[test]
    fn ignored_groups_are_reported_once() {
        let requests = ["db/password", "plain", "hub@1/token", "db/user"].map(request);
        let [note] = &incompatibilities(&requests)[..] else { panic!("expected one incompatibility") };
        assert!(!note.is_fatal());
        assert_eq!(
            note.to_string(),
            "Flyte 2 ignores the groups of its own secrets: `db/password` becomes `password`, \
             `hub/token` (version `1`) becomes `token`, `db/user` becomes `user`"
        );
        assert_eq!(
            note.hint(),
            "create missing secrets without a group: `sealkit create secret password --remote`, \
             `sealkit create secret token --remote` and `sealkit create secret user --remote`; \
             only clusters with secrets in Kubernetes or a vault use groups"
        );
    }

    #[test]
    fn fatal_incompatibilities_come_first() {
        let requests = ["g@1/a=X:FILE", "g@2/b=X:FILE", "h/a:ENV_VAR"].map(request);
        let fatal: Vec<bool> = incompatibilities(&requests).iter().map(Incompatibility::is_fatal).collect();
        assert_eq!(fatal, [true, true, false, false, false]);
    }
}
