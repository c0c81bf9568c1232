//! What a cluster gets wrong with requests that are right by themselves.
//!
//! The injectors of Flyte 2 do less than a request says: the usual one, for the secrets that Flyte keeps itself,
//! knows no groups, and sets the variable of no file but the first it comes to, in an order that nobody chooses.
//! Nothing of this shows before the pod runs, so whoever sends a task to a cluster asks here before.
//!
//! Requests that no task may hold at all are not repeated: see [`rules`](crate::rules) and [`clash`](crate::clash).

use core::fmt;

use crate::{MountType, Request, words::listed};

/// Something that a cluster would get wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trap {
    /// Two secrets that differ in nothing but their groups would be one.
    SameSecret {
        /// The key of both.
        key: String,
        /// The two, as people read them.
        secrets: [String; 2],
    },
    /// Two secrets want the same variable.
    SameVariable {
        /// The variable.
        env_var: String,
        /// The two, as people read them.
        secrets: [String; 2],
    },
    /// A variable would hold the path of a file that does not exist.
    LowerCasePath {
        /// The variable.
        env_var: String,
        /// The key, which is the name of the file.
        key: String,
    },
    /// Variables that hold the paths of files may not be there.
    MissingVariables {
        /// The variables.
        env_vars: Vec<String>,
    },
    /// The files of one group would be mounted as two versions of it, which makes no pod.
    TwoVersions {
        /// The group.
        group: String,
        /// The secrets that ask for different versions, as people read them.
        secrets: [String; 2],
    },
    /// The groups that secrets are asked for in do not count.
    NoGroups {
        /// The secrets, as people read them, and the key that each is looked for by.
        secrets: Vec<(String, String)>,
    },
}

/// What a cluster would get wrong with the requests of one task; what is fatal comes first.
pub fn traps(requests: &[Request<'_>]) -> Vec<Trap> {
    let mut traps = pairs(requests, same_secret);
    traps.extend(pairs(requests, same_variable));
    traps.extend(pairs(requests, two_versions));
    let files = || requests.iter().filter(|request| request.mount == MountType::File);
    traps.extend(files().filter_map(lower_case_path));
    // A second file does not get its variable, whether the first has one or not.
    let env_vars: Vec<String> = files().filter_map(|file| Some(file.env_var?.to_owned())).collect();
    if !env_vars.is_empty() && files().count() > 1 {
        traps.push(Trap::MissingVariables { env_vars });
    }
    let grouped =
        requests.iter().filter(|request| request.group.is_some() || request.group_version.is_some());
    let secrets: Vec<_> = grouped.map(|request| (named(request), request.key.to_owned())).collect();
    if !secrets.is_empty() {
        traps.push(Trap::NoGroups { secrets });
    }
    traps
}

/// The trap of each request and the first one before it that makes one.
fn pairs(requests: &[Request<'_>], trap: fn(&Request<'_>, &Request<'_>) -> Option<Trap>) -> Vec<Trap> {
    let each = requests.iter().enumerate();
    each.filter_map(|(i, later)| requests[..i].iter().find_map(|earlier| trap(earlier, later))).collect()
}

/// Of a secret that Flyte 2 keeps itself, nothing but the key counts.
fn same_secret(a: &Request<'_>, b: &Request<'_>) -> Option<Trap> {
    let differ = (a.group, a.group_version) != (b.group, b.group_version);
    (a.key == b.key && differ)
        .then(|| Trap::SameSecret { key: a.key.to_owned(), secrets: [named(a), named(b)] })
}

fn same_variable(a: &Request<'_>, b: &Request<'_>) -> Option<Trap> {
    let env_var = a.env_var.filter(|_| a.env_var == b.env_var)?.to_owned();
    Some(Trap::SameVariable { env_var, secrets: [named(a), named(b)] })
}

/// A volume of Kubernetes is found by the group, and named by group and version.
fn two_versions(a: &Request<'_>, b: &Request<'_>) -> Option<Trap> {
    let files = a.mount.may_be_file() && b.mount.may_be_file();
    let group = a.group.filter(|_| a.group == b.group)?.to_owned();
    // One key in two versions is worse, and told as such.
    (files && a.group_version != b.group_version && a.key != b.key)
        .then(|| Trap::TwoVersions { group, secrets: [named(a), named(b)] })
}

/// The file is named as the key is written, its variable says so in lower case.
fn lower_case_path(file: &Request<'_>) -> Option<Trap> {
    let env_var = file.env_var?.to_owned();
    let capitals = file.key.bytes().any(|b| b.is_ascii_uppercase());
    capitals.then(|| Trap::LowerCasePath { env_var, key: file.key.to_owned() })
}

/// `` `group/key` ``, with the version of the group if there is one.
fn named(request: &Request<'_>) -> String {
    match request.group_version {
        Some(version) => format!("`{request}` (version `{version}`)"),
        None => format!("`{request}`"),
    }
}

impl Trap {
    /// Whether the task could not do what it is meant to; the others may be harmless, or not be met.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::SameSecret { .. } | Self::SameVariable { .. })
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::SameSecret { .. } => "give one of the two secrets another key".to_owned(),
            Self::SameVariable { .. } => "give each request its own `env_var`".to_owned(),
            Self::LowerCasePath { key, .. } => {
                format!(
                    "read it with `get_secrets_file(\"{key}\")`, which finds it, or write the key in lower case"
                )
            }
            Self::MissingVariables { .. } => {
                "read the files with `get_secrets_file`, which finds them all; no `env_var` is needed then"
                    .to_owned()
            }
            Self::TwoVersions { .. } => {
                "ask for one version of the group, or for one of the secrets as `ENV_VAR`".to_owned()
            }
            Self::NoGroups { secrets } => {
                let mut keys: Vec<&str> = secrets.iter().map(|(_, key)| &**key).collect();
                keys.sort_unstable();
                keys.dedup();
                let commands = keys.iter().map(|key| format!("sealkit create secret {key} --remote"));
                format!(
                    "create what is missing under its key: {}; only a cluster that takes secrets from Kubernetes or a vault looks at groups",
                    listed(commands)
                )
            }
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameSecret { key, secrets: [a, b] } => {
                write!(
                    f,
                    "Flyte 2's own secrets have no groups: {a} and {b} would both be the secret `{key}`"
                )
            }
            Self::SameVariable { env_var, secrets: [a, b] } => {
                write!(f, "{a} and {b} would share the variable `{env_var}`, and either might be in it")
            }
            Self::LowerCasePath { env_var, key } => write!(
                f,
                "Flyte 2 sets `{env_var}` to a path that does not exist: the file is called `{key}`, the path ends in `{}`",
                key.to_lowercase()
            ),
            Self::MissingVariables { env_vars } => write!(
                f,
                "Flyte 2 sets the variable of one secret file at most: {} may be missing",
                listed(env_vars.iter().cloned())
            ),
            Self::TwoVersions { group, secrets: [a, b] } => write!(
                f,
                "{a} and {b} are files of one group in two versions: where `{group}` is a secret of Kubernetes, the pod cannot start"
            ),
            Self::NoGroups { secrets } => {
                f.write_str("Flyte 2's own secrets have no groups: ")?;
                for (i, (secret, key)) in secrets.iter().enumerate() {
                    let (before, verb) = if i == 0 { ("", " is looked for as ") } else { (", ", " as ") };
                    write!(f, "{before}{secret}{verb}`{key}`")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `group@version/key=ENV_VAR:MOUNT`, all but the key optional.
    fn request(text: &'static str) -> Request<'static> {
        let (text, mount) = text.split_once(':').unwrap_or((text, "ANY"));
        let (text, env_var) = text.split_once('=').map_or((text, None), |(text, name)| (text, Some(name)));
        let (group, key) = text.split_once('/').map_or((None, text), |(group, key)| (Some(group), key));
        let (group, group_version) = match group.and_then(|group| group.split_once('@')) {
            Some((group, version)) => (Some(group), Some(version)),
            None => (group, None),
        };
        Request { group, group_version, key, mount: MountType::from_word(mount).unwrap(), env_var }
    }

    /// What is told, each with whether it is fatal; but for the note on groups, which has a test of its own.
    fn told(requests: &[&'static str]) -> Vec<(bool, String)> {
        let requests: Vec<_> = requests.iter().map(|text| request(text)).collect();
        let traps = traps(&requests).into_iter().filter(|trap| !matches!(trap, Trap::NoGroups { .. }));
        traps.map(|trap| (trap.is_fatal(), trap.to_string())).collect()
    }

    fn fatal(text: &str) -> Vec<(bool, String)> {
        vec![(true, text.to_owned())]
    }

    fn warning(text: &str) -> Vec<(bool, String)> {
        vec![(false, text.to_owned())]
    }

    #[test]
    fn an_ordinary_task_walks_into_no_trap() {
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
            assert_eq!(traps(&requests), [], "{requests:?}");
        }
    }

    #[test]
    fn one_key_in_two_groups_is_one_secret() {
        assert_eq!(
            told(&["a/k=A:ENV_VAR", "b/k=B:ENV_VAR"]),
            fatal("Flyte 2's own secrets have no groups: `a/k` and `b/k` would both be the secret `k`")
        );
        assert_eq!(
            told(&["k:ENV_VAR", "b/k:FILE"]),
            fatal("Flyte 2's own secrets have no groups: `k` and `b/k` would both be the secret `k`")
        );
        assert_eq!(
            told(&["g@1/k=A:ENV_VAR", "g@2/k=B:ENV_VAR"]),
            fatal(
                "Flyte 2's own secrets have no groups: `g/k` (version `1`) and `g/k` (version `2`) would both be the secret `k`"
            )
        );
        assert_eq!(told(&["a/k:ENV_VAR", "a/k:FILE"]), []);
        assert_eq!(told(&["a/k", "b/K2"]), []);
    }

    #[test]
    fn a_third_request_is_told_of_once() {
        assert_eq!(told(&["a/k=A:ENV_VAR", "b/k=B:ENV_VAR", "c/k=C:ENV_VAR"]).len(), 2);
    }

    #[test]
    fn a_variable_cannot_be_of_two_secrets() {
        let text = "`a` and `b` would share the variable `X`, and either might be in it";
        assert_eq!(told(&["a=X:FILE", "b=X:ENV_VAR"]), fatal(text));
        assert_eq!(told(&["a=X:ENV_VAR", "b=X:FILE"]), fatal(text));
        assert_eq!(told(&["a=X:FILE", "b=X"]), fatal(text));
        assert_eq!(told(&["a=X:FILE", "b=X:FILE"])[0], fatal(text)[0]);
    }

    #[test]
    fn the_path_of_a_key_with_capitals_is_wrong() {
        assert_eq!(
            told(&["My-Key=CERT:FILE"]),
            warning(
                "Flyte 2 sets `CERT` to a path that does not exist: the file is called `My-Key`, the path ends in `my-key`"
            )
        );
        assert_eq!(told(&["My-Key=CERT:ENV_VAR"]), []);
        assert_eq!(told(&["My-Key=CERT"]), []);
    }

    #[test]
    fn the_variable_of_a_file_beside_another_may_be_missing() {
        assert_eq!(
            told(&["a=A:FILE", "b=B:FILE", "c=C:FILE"]),
            warning("Flyte 2 sets the variable of one secret file at most: `A`, `B` and `C` may be missing")
        );
        assert_eq!(
            told(&["a=A:FILE", "b:FILE"]),
            warning("Flyte 2 sets the variable of one secret file at most: `A` may be missing")
        );
        assert_eq!(told(&["a=A:FILE", "b=B"]), []);
    }

    #[test]
    fn files_of_one_group_are_of_one_version() {
        assert_eq!(
            told(&["g@1/a:FILE", "g@2/b"]),
            warning(
                "`g/a` (version `1`) and `g/b` (version `2`) are files of one group in two versions: where `g` is a secret of Kubernetes, the pod cannot start"
            )
        );
        assert_eq!(told(&["g@1/a", "g/b"]).len(), 1);
        assert_eq!(told(&["g@1/a:ENV_VAR", "g@2/b:FILE"]), []);
        assert_eq!(told(&["g@1/a:FILE", "g@1/b:FILE"]), []);
        assert_eq!(told(&["g@1/a:FILE", "h@2/b:FILE"]), []);
    }

    #[test]
    fn groups_are_noted_once_for_a_task() {
        let requests = ["db/password", "plain", "hub@1/token", "db/user"].map(request);
        let [note] = &traps(&requests)[..] else { panic!("one note") };
        assert!(!note.is_fatal());
        assert_eq!(
            note.to_string(),
            "Flyte 2's own secrets have no groups: `db/password` is looked for as `password`, \
             `hub/token` (version `1`) as `token`, `db/user` as `user`"
        );
        assert_eq!(
            note.hint(),
            "create what is missing under its key: `sealkit create secret password --remote`, \
             `sealkit create secret token --remote` and `sealkit create secret user --remote`; \
             only a cluster that takes secrets from Kubernetes or a vault looks at groups"
        );
    }

    #[test]
    fn what_is_fatal_comes_first() {
        let requests = ["g@1/a=X:FILE", "g@2/b=X:FILE", "h/a:ENV_VAR"].map(request);
        let fatal: Vec<bool> = traps(&requests).iter().map(Trap::is_fatal).collect();
        assert_eq!(fatal, [true, true, false, false, false]);
    }
}
