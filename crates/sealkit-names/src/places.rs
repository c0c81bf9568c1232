//! Where Flyte puts a secret: the environment variables and files to look in, in order.
//!
//! Flyte's injectors do not agree with each other, nor with what flytekit looks up. The places are therefore
//! asked in four passes, so that whatever flytekit finds is found here too, and first:
//!
//! | pass | places |
//! |---|---|
//! | [`Pass::Declared`] | the `env_var` of the request (the value, or the path of a file) |
//! | [`Pass::Flytekit`] | what flytekit 1.16 `SecretsManager.get` looks up: variable, then file |
//! | [`Pass::Injected`] | what the injectors of Flyte 1 and Flyte 2 create and flytekit misses |
//! | [`Pass::Renamed`] | what they create under another name than the request's |

use crate::{Request, md5};

/// One pass over the places; see the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The variable that the request names.
    Declared,
    /// The places of flytekit 1.16.
    Flytekit,
    /// The places of the injectors that flytekit misses.
    Injected,
    /// The places of the injectors that make up a group, or drop the key.
    ///
    /// Only where an injector has said that it was there is this worth looking at: Kubernetes takes the MD5 of the key for a
    /// missing group, and on GCP and Azure the group and its version are the whole secret.
    Renamed,
}

/// Asks `look` for every environment variable that may hold the secret, until it finds something; returns that
/// and the variable's name.
///
/// `prefixes` are the prefixes of secret variables, flytekit's first. `unprefixed` adds the names without
/// prefix that flytekit accepts in a local run. A name may come more than once.
pub fn variable<T>(
    pass: Pass,
    request: &Request<'_>,
    prefixes: &[String],
    unprefixed: bool,
    mut look: impl FnMut(&str) -> Option<T>,
) -> Option<(String, T)> {
    let Request { group, group_version, key, .. } = *request;
    let full = [group, group_version, Some(key)];
    let without_version = [group, Some(key)];
    // One buffer for all names: a read that finds its secret at once pays for one allocation.
    let mut name = String::new();
    let mut found = |name: &mut String| look(name).map(|found| (std::mem::take(name), found));
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
                // Kubernetes and global injectors drop the version; the embedded one drops the group too.
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
            // The name that the Python SDK of Flyte 2 derives, and the same with its dashes.
            if let Some(found) = found(underscored(upper(&mut name, "", &without_version))) {
                return Some(found);
            }
            found(upper(&mut name, "", &without_version))
        }
        Pass::Renamed => {
            let made_up = made_up_group(request)?;
            prefixes.iter().find_map(|prefix| found(upper(&mut name, prefix, &[Some(&made_up), Some(key)])))
        }
    }
}

/// Asks `look` for every path below the mount directory that may hold the secret, until it finds something.
///
/// A path may come more than once. The declared pass has no paths of its own: there the path is the value of
/// the declared variable.
pub fn file<T>(
    pass: Pass,
    request: &Request<'_>,
    file_prefix: &str,
    mut look: impl FnMut(&str) -> Option<T>,
) -> Option<T> {
    let Request { group, group_version, key, .. } = *request;
    let mut path = String::new();
    match pass {
        Pass::Declared => None,
        Pass::Flytekit => look(lower(&mut path, &[group, group_version], file_prefix, key)),
        // Kubernetes, AWS: lower case, no version. Vault: as written. Embedded: the key as written.
        Pass::Injected => look(lower(&mut path, &[group], file_prefix, key))
            .or_else(|| {
                path.clear();
                path.extend([group?, "/", key]);
                look(&path)
            })
            .or_else(|| look(key))
            .or_else(|| look(lower(&mut path, &[], file_prefix, key))),
        Pass::Renamed => match (group, group_version) {
            (None, _) => look(lower(&mut path, &[made_up_group(request).as_deref()], file_prefix, key)),
            _ if !request.mount.may_be_file() => None,
            (Some(group), None) => look(lower(&mut path, &[], file_prefix, group)),
            (group, Some(version)) => look(lower(&mut path, &[group], file_prefix, version)),
        },
    }
}

fn made_up_group(request: &Request<'_>) -> Option<String> {
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

fn lower<'b>(path: &'b mut String, folders: &[Option<&str>], file_prefix: &str, key: &str) -> &'b str {
    path.clear();
    for folder in folders.iter().flatten() {
        path.push_str(folder);
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
            env_var: Some("MINE"),
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
    fn the_first_names_are_those_of_flytekit() {
        assert_eq!(all_variables(Pass::Declared, &request(), true), ["MINE"]);
        assert_eq!(
            all_variables(Pass::Flytekit, &request(), true),
            ["P_MY-GROUP_V1_MY-KEY", "MY-GROUP_V1_MY-KEY"]
        );
        assert_eq!(all_files(Pass::Flytekit, &request()), ["my-group/v1/f-my-key"]);
    }

    #[test]
    fn then_come_those_of_the_injectors() {
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
    fn then_come_those_that_injectors_rename() {
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
    fn a_key_without_its_group_is_never_looked_up_without_prefix() {
        // Otherwise `Secret(group = "db", key = "user")` would read `$USER`.
        let request =
            Request { group: Some("db"), key: "user", group_version: None, env_var: None, ..request() };
        for pass in [Pass::Declared, Pass::Flytekit, Pass::Injected, Pass::Renamed] {
            assert!(!all_variables(pass, &request, true).contains(&"USER".to_owned()));
        }
    }

    #[test]
    fn what_is_found_comes_with_its_name() {
        let found = |wanted: &str| {
            variable(Pass::Injected, &request(), &["P_".to_owned()], true, |name| {
                (name == wanted).then_some(1)
            })
        };
        assert_eq!(found("P_MY_KEY"), Some(("P_MY_KEY".to_owned(), 1)));
        assert_eq!(found("MY_GROUP_MY_KEY"), Some(("MY_GROUP_MY_KEY".to_owned(), 1)));
        assert_eq!(found("MY_KEY"), None);
    }

    #[test]
    fn a_secret_asked_for_as_a_file_has_no_declared_value() {
        let request = Request { mount: MountType::File, ..request() };
        assert_eq!(all_variables(Pass::Declared, &request, true), [""; 0]);
    }
}
