//! Which request a read means, and what to say when it means none.

use crate::{
    MountType, Request, clash,
    words::{listed, nearest, shown},
};

/// What a read wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The value.
    Value,
    /// The path of a file.
    File,
    /// The name of an environment variable.
    Variable,
}

/// The methods of `sealkit::Secrets` that read a secret, and what they want to have.
pub const METHODS: [(&str, Access); 4] = [
    ("get", Access::Value),
    ("get_bytes", Access::Value),
    ("get_secrets_file", Access::File),
    ("get_secrets_env_var", Access::Variable),
];

impl Access {
    /// Whether a secret mounted as `mount` can be had like this.
    pub const fn is_offered_by(self, mount: MountType) -> bool {
        match self {
            Self::Value => true,
            Self::File => mount.may_be_file(),
            Self::Variable => mount.may_be_variable(),
        }
    }
}

/// Why a read means no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misread {
    /// No request has this key, or this key in this group.
    Undeclared,
    /// Several groups have this key.
    Ambiguous,
    /// The request has another mount requirement.
    WrongMount,
}

/// Whether `request` is one that `group` and `key` may mean.
pub const fn means(request: &Request<'_>, group: Option<&str>, key: &str) -> bool {
    if !clash::same(request.key, key) {
        return false;
    }
    match (group, request.group) {
        (None, _) => true,
        (Some(asked), Some(declared)) => clash::same(asked, declared),
        (Some(_), None) => false,
    }
}

/// Finds the request that a read of `key` means and returns its index.
///
/// Without `group`, the key alone must be enough.
///
/// # Errors
///
/// The [`Misread`] that [`message`] puts into words.
pub fn resolve<'a>(
    requests: impl Iterator<Item = Request<'a>>,
    group: Option<&str>,
    key: &str,
    access: Access,
) -> Result<usize, Misread> {
    let mut found: Option<(usize, Request<'a>)> = None;
    let mut refused = false;
    for (index, request) in requests.enumerate().filter(|(_, request)| means(request, group, key)) {
        match found {
            Some((_, first)) if first.group != request.group => return Err(Misread::Ambiguous),
            _ if !access.is_offered_by(request.mount) => refused = true,
            None => found = Some((index, request)),
            Some(_) => {}
        }
    }
    match found {
        Some((index, _)) => Ok(index),
        None if refused => Err(Misread::WrongMount),
        None => Err(Misread::Undeclared),
    }
}

/// What is wrong with a read of `key` in `task`, and what to write.
pub fn message(
    misread: Misread,
    task: &str,
    requests: &[Request<'_>],
    group: Option<&str>,
    key: &str,
    access: Access,
) -> String {
    let asked = match group {
        Some(group) => format!("{}/{}", shown(group), shown(key)),
        None => shown(key),
    };
    match misread {
        Misread::Undeclared => {
            let declared = match requests {
                [] => "it declares none".to_owned(),
                some => format!("it declares {}", listed(some.iter().map(ToString::to_string))),
            };
            let advice = match undeclared_advice(requests, group, key) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let wanted = Request {
                        group,
                        group_version: None,
                        key,
                        mount: if access == Access::File { MountType::File } else { MountType::Any },
                        env_var: None,
                    };
                    format!("add `{}` to its `secret_requests`", shown(&wanted.short_form()))
                }
            };
            format!("secret `{asked}` is not declared by task `{task}`: {declared}; {advice}")
        }
        Misread::Ambiguous => {
            let groups: Vec<&str> =
                requests.iter().filter(|request| request.key == key).filter_map(|r| r.group).collect();
            let example = groups.first().copied().unwrap_or_default();
            let listed = listed(groups.iter().map(ToString::to_string));
            format!(
                "task `{task}` declares secret `{asked}` in the groups {listed}: say which one, as in `.group(\"{example}\").get(\"{asked}\")`"
            )
        }
        Misread::WrongMount => {
            let (mounted, advice) = match access {
                Access::Variable => {
                    ("FILE, so it has no environment variable", "`get` or `get_secrets_file`")
                }
                _ => ("ENV_VAR, so it has no file", "`get`"),
            };
            let other = if access == Access::Variable { "ENV_VAR" } else { "FILE" };
            format!(
                "task `{task}` requests secret `{asked}` as {mounted}: read it with {advice}, or write `mount_requirement = {other}`"
            )
        }
    }
}

/// The declared secret that was probably meant.
fn undeclared_advice(requests: &[Request<'_>], group: Option<&str>, key: &str) -> Option<String> {
    // The right key in another group comes before a similar key.
    let near = requests.iter().find(|request| group.is_some() && request.key == key).or_else(|| {
        let near = nearest(key, requests.iter().map(|request| request.key))?;
        requests.iter().find(|request| request.key == near)
    })?;
    Some(near.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Request<'static> =
        Request { group: None, group_version: None, key: "token", mount: MountType::Any, env_var: None };
    const FILE: Request<'static> = Request { key: "cert", mount: MountType::File, ..PLAIN };
    const VARIABLE: Request<'static> = Request { key: "pin", mount: MountType::EnvVar, ..PLAIN };
    const GROUP_A: Request<'static> = Request { key: "dsn", group: Some("a"), ..PLAIN };
    const GROUP_B: Request<'static> = Request { key: "dsn", group: Some("b"), ..PLAIN };
    const ALL: [Request<'static>; 5] = [PLAIN, FILE, VARIABLE, GROUP_A, GROUP_B];

    fn read(group: Option<&str>, key: &str, access: Access) -> Result<usize, String> {
        resolve(ALL.iter().copied(), group, key, access)
            .map_err(|misread| message(misread, "t1", &ALL, group, key, access))
    }

    #[test]
    fn a_read_finds_its_request() {
        assert_eq!(read(None, "token", Access::Value), Ok(0));
        assert_eq!(read(None, "token", Access::File), Ok(0));
        assert_eq!(read(None, "cert", Access::Value), Ok(1));
        assert_eq!(read(Some("b"), "dsn", Access::Value), Ok(4));
    }

    #[test]
    fn a_read_without_request_says_what_to_write() {
        for (group, key, access, expected) in [
            (
                None,
                "tokn",
                Access::Value,
                "secret `tokn` is not declared by task `t1`: it declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`; did you mean `token`?",
            ),
            (
                None,
                "other",
                Access::File,
                "secret `other` is not declared by task `t1`: it declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`; add `Secret(key = \"other\", mount_requirement = FILE)` to its `secret_requests`",
            ),
            (
                Some("c"),
                "dsn",
                Access::Value,
                "secret `c/dsn` is not declared by task `t1`: it declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`; did you mean `a/dsn`?",
            ),
            (
                None,
                "dsn",
                Access::Value,
                "task `t1` declares secret `dsn` in the groups `a` and `b`: say which one, as in `.group(\"a\").get(\"dsn\")`",
            ),
            (
                None,
                "pin",
                Access::File,
                "task `t1` requests secret `pin` as ENV_VAR, so it has no file: read it with `get`, or write `mount_requirement = FILE`",
            ),
            (
                None,
                "cert",
                Access::Variable,
                "task `t1` requests secret `cert` as FILE, so it has no environment variable: read it with `get` or `get_secrets_file`, or write `mount_requirement = ENV_VAR`",
            ),
        ] {
            assert_eq!(read(group, key, access), Err(expected.to_owned()));
        }
        assert_eq!(
            message(Misread::Undeclared, "t2", &[], None, "k", Access::Value),
            "secret `k` is not declared by task `t2`: it declares none; add `Secret(key = \"k\")` to its `secret_requests`"
        );
    }
}
