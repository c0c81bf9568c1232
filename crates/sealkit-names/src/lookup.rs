//! The environment variables and files in which Flyte mounts a secret.
//!
//! Flyte's injectors use different names, and flytekit looks up yet others. The lookup therefore has four passes.
//! A secret that flytekit finds is found in the same place here:
//!
//! | pass | locations |
//! |---|---|
//! | [`Pass::Declared`] | the `env_var` of the request, which contains the value or the path of a file |
//! | [`Pass::Flytekit`] | where `SecretsManager.get` of flytekit 1.16 looks: variable, then file |
//! | [`Pass::Injected`] | where the injectors of Flyte 1 and Flyte 2 mount secrets and flytekit does not look |
//! | [`Pass::Renamed`] | where they mount secrets under another group or key |

use crate::{Request, md5};

/// A pass of the lookup; see the [module documentation](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The `env_var` of the request.
    Declared,
    /// The locations of flytekit 1.16.
    Flytekit,
    /// The locations of the injectors that flytekit does not look up.
    Injected,
    /// The locations of injectors that invent a group or drop the key.
    ///
    /// Kubernetes replaces a missing group with the MD5 of the key. On GCP and Azure, group and version identify
    /// the secret. Use this pass only if an injector has set [`ENV_PREFIX`](crate::variables::ENV_PREFIX) or
    /// [`DEFAULT_DIR`](crate::variables::DEFAULT_DIR).
    Renamed,
}

/// Calls `probe` with the name of each environment variable that may contain the secret, until it returns
/// `Some`. Returns that variable's name and the result.
///
/// `prefixes` are the prefixes of secret variables, flytekit's first. `unprefixed` adds the names without
/// a prefix, which flytekit accepts in local runs. `probe` may see a name more than once.
pub fn variable<T>(
    pass: Pass,
    request: &Request<'_>,
    prefixes: &[String],
    unprefixed: bool,
    mut probe: impl FnMut(&str) -> Option<T>,
) -> Option<(String, T)> {
    let Request { group, group_version, key, .. } = *request;
    let full = [group, group_version, Some(key)];
    let without_version = [group, Some(key)];
    // All names share a buffer, so that a secret found by the first name costs one allocation.
    let mut name = String::new();
    let mut found = |name: &mut String| probe(name).map(|found| (std::mem::take(name), found));
    match pass {
        Pass::Declared => {
            name.push_str(request.env_var.filter(|_| request.mount.may_be_variable())?);
            found(&mut name)
        }
        Pass::Flytekit => {
            for prefix in prefixes.iter().take(1).map(String::as_str).chain(unprefixed.then_some("")) {
                if let Some(found) = found(upper(&mut name, prefix, &full)) {
                    return Some(found);
                }
            }
            None
        }
        Pass::Injected => {
            for prefix in prefixes {
                // The Kubernetes and global injectors drop the version; the embedded injector also drops the group.
                for parts in [&full[..], &without_version, &[Some(key)]] {
                    if let Some(found) = found(upper(&mut name, prefix, parts)) {
                        return Some(found);
                    }
                    if let Some(found) = found(underscored(&mut name)) {
                        return Some(found);
                    }
                }
            }
            if !unprefixed {
                return None;
            }
            // The name that the Python SDK of Flyte 2 derives, then the same name with dashes.
            if let Some(found) = found(underscored(upper(&mut name, "", &without_version))) {
                return Some(found);
            }
            found(upper(&mut name, "", &without_version))
        }
        Pass::Renamed => {
            let group = hashed_group(request)?;
            prefixes.iter().find_map(|prefix| found(upper(&mut name, prefix, &[Some(&group), Some(key)])))
        }
    }
}

/// Calls `probe` with each path below the mount directory that may contain the secret, until it returns `Some`.
///
/// `probe` may see a path more than once. [`Pass::Declared`] has no paths: there the value of the declared
/// variable is the path.
pub fn file<T>(
    pass: Pass,
    request: &Request<'_>,
    file_prefix: &str,
    mut probe: impl FnMut(&str) -> Option<T>,
) -> Option<T> {
    let Request { group, group_version, key, .. } = *request;
    let mut path = String::new();
    match pass {
        Pass::Declared => None,
        Pass::Flytekit => probe(lower(&mut path, &[group, group_version], file_prefix, key)),
        // Kubernetes and AWS: lower case, without version. Vault: unchanged. Embedded: only the key, unchanged.
        Pass::Injected => probe(lower(&mut path, &[group], file_prefix, key))
            .or_else(|| {
                path.clear();
                path.extend([group?, "/", key]);
                probe(&path)
            })
            .or_else(|| probe(key))
            .or_else(|| probe(lower(&mut path, &[], file_prefix, key))),
        Pass::Renamed => match (group, group_version) {
            (None, _) => probe(lower(&mut path, &[hashed_group(request).as_deref()], file_prefix, key)),
            _ if !request.mount.may_be_file() => None,
            (Some(group), None) => probe(lower(&mut path, &[], file_prefix, group)),
            (group, Some(version)) => probe(lower(&mut path, &[group], file_prefix, version)),
        },
    }
}

/// Returns the group that the Kubernetes injector invents for a request without one.
fn hashed_group(request: &Request<'_>) -> Option<String> {
    request.group.is_none().then(|| md5::hex(request.key.as_bytes()))
}

fn upper<'b>(name: &'b mut String, prefix: &str, parts: &[Option<&str>]) -> &'b mut String {
    name.clear();
    name.reserve(prefix.len() + parts.iter().flatten().map(|part| part.len() + 1).sum::<usize>());
    name.push_str(prefix);
    for (i, part) in parts.iter().flatten().enumerate() {
        if i > 0 {
            name.push('_');
        }
        name.push_str(part);
    }
    name[prefix.len()..].make_ascii_uppercase();
    name
}

fn underscored(name: &mut String) -> &mut String {
    if name.contains('-') {
        *name = name.replace('-', "_");
    }
    name
}

fn lower<'b>(path: &'b mut String, directories: &[Option<&str>], file_prefix: &str, key: &str) -> &'b str {
    path.clear();
    for directory in directories.iter().flatten() {
        path.push_str(directory);
        path.push('/');
    }
    path.make_ascii_lowercase();
    path.push_str(file_prefix);
    let start = path.len();
    path.push_str(key);
    path[start..].make_ascii_lowercase();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MountType;

    fn request() -> Request<'static> {
        Request {
            group: Some("My-Group"),
            group_version: Some("v1"),
            key: "My-Key",
            mount: MountType::Any,
            env_var: Some("MY_VARIABLE"),
        }
    }

    fn all_variables(pass: Pass, request: &Request<'_>, unprefixed: bool) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let nothing: Option<(String, ())> = variable(pass, request, &["P_".to_owned()], unprefixed, |name| {
            if !seen.iter().any(|known| known == name) {
                seen.push(name.to_owned());
            }
            None
        });
        assert!(nothing.is_none());
        seen
    }

    fn all_files(pass: Pass, request: &Request<'_>) -> Vec<String> {
        let mut seen = Vec::new();
        let nothing: Option<()> = file(pass, request, "f-", |path| {
            seen.push(path.to_owned());
            None
        });
        assert!(nothing.is_none());
        seen
    }

    #[test]
    fn flytekit_names_come_first() {
        assert_eq!(all_variables(Pass::Declared, &request(), true), ["MY_VARIABLE"]);
        assert_eq!(
            all_variables(Pass::Flytekit, &request(), true),
            ["P_MY-GROUP_V1_MY-KEY", "MY-GROUP_V1_MY-KEY"]
        );
        assert_eq!(all_files(Pass::Flytekit, &request()), ["my-group/v1/f-my-key"]);
    }

    #[test]
    fn injected_names_come_second() {
        assert_eq!(
            all_variables(Pass::Injected, &request(), false),
            [
                "P_MY-GROUP_V1_MY-KEY",
                "P_MY_GROUP_V1_MY_KEY",
                "P_MY-GROUP_MY-KEY",
                "P_MY_GROUP_MY_KEY",
                "P_MY-KEY",
                "P_MY_KEY",
            ]
        );
        assert_eq!(
            all_variables(Pass::Injected, &request(), true)[6..],
            ["MY_GROUP_MY_KEY", "MY-GROUP_MY-KEY"]
        );
        assert_eq!(
            all_files(Pass::Injected, &request()),
            ["my-group/f-my-key", "My-Group/My-Key", "My-Key", "f-my-key"]
        );
    }

    #[test]
    fn renamed_names_come_last() {
        let versioned = request();
        let grouped = Request { group_version: None, ..versioned };
        let plain = Request { group: None, key: "my-key", ..versioned };
        assert_eq!(all_variables(Pass::Renamed, &plain, true), ["P_515780610702189DABD912E9C9EF6F38_MY-KEY"]);
        assert_eq!(all_variables(Pass::Renamed, &grouped, true), [""; 0]);
        assert_eq!(all_files(Pass::Renamed, &plain), ["515780610702189dabd912e9c9ef6f38/f-my-key"]);
        assert_eq!(all_files(Pass::Renamed, &grouped), ["f-my-group"]);
        assert_eq!(all_files(Pass::Renamed, &versioned), ["my-group/f-v1"]);
        let variable = Request { mount: MountType::EnvVar, ..grouped };
        assert_eq!(all_files(Pass::Renamed, &variable), [""; 0]);
    }

    #[test]
    fn a_key_with_a_group_is_never_looked_up_without_group_and_prefix() {
        // Otherwise `Secret(group = "db", key = "user")` would read `$USER`.
        let request =
            Request { group: Some("db"), key: "user", group_version: None, env_var: None, ..request() };
        for pass in [Pass::Declared, Pass::Flytekit, Pass::Injected, Pass::Renamed] {
            assert!(!all_variables(pass, &request, true).contains(&"USER".to_owned()));
        }
    }

    #[test]
    fn the_name_of_the_variable_is_returned() {
        let found = |existing: &str| {
            variable(Pass::Injected, &request(), &["P_".to_owned()], true, |name| {
                (name == existing).then_some(1)
            })
        };
        assert_eq!(found("P_MY_KEY"), Some(("P_MY_KEY".to_owned(), 1)));
        assert_eq!(found("MY_GROUP_MY_KEY"), Some(("MY_GROUP_MY_KEY".to_owned(), 1)));
        assert_eq!(found("MY_KEY"), None);
    }

    #[test]
    fn a_file_request_has_no_declared_value() {
        let request = Request { mount: MountType::File, ..request() };
        assert_eq!(all_variables(Pass::Declared, &request, true), [""; 0]);
    }
}
