//! Resolution of reads: which request a read refers to, and the error message if there is none.

use crate::{
    MountType, Request, collision,
    rules::{self, NameError},
    text::{escape, nearest, quoted_list},
};

/// How a task accesses a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The value as text, with `get`.
    Value,
    /// The value as bytes, with `get_bytes`.
    Bytes,
    /// The path of a file, with `get_secrets_file`.
    File,
    /// The name of an environment variable, with `get_secrets_env_var`.
    Variable,
    /// No read: `allow_secret_in` refers to the secret as `group/key`.
    Reference,
}

impl Access {
    /// All accesses that are methods of `sealkit::Secrets`.
    pub const METHODS: [Self; 4] = [Self::Value, Self::Bytes, Self::File, Self::Variable];

    /// Returns the method of `sealkit::Secrets` for this access.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Value | Self::Reference => "get",
            Self::Bytes => "get_bytes",
            Self::File => "get_secrets_file",
            Self::Variable => "get_secrets_env_var",
        }
    }

    /// Returns whether a secret with this mount requirement can be accessed this way.
    pub const fn supports(self, mount: MountType) -> bool {
        match self {
            Self::Value | Self::Bytes | Self::Reference => true,
            Self::File => mount.may_be_file(),
            Self::Variable => mount.may_be_variable(),
        }
    }
}

/// The reason why a read refers to no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// No request has this key, or this key in this group.
    Undeclared,
    /// Requests in several groups have this key.
    Ambiguous,
    /// The mount requirement of the request does not support the access.
    WrongMount,
}

/// Returns whether a read of `key` in `group` may refer to `request`.
pub const fn matches(request: &Request<'_>, group: Option<&str>, key: &str) -> bool {
    if !collision::str_eq(request.key, key) {
        return false;
    }
    match (group, request.group) {
        (None, _) => true,
        (Some(group), Some(declared)) => collision::str_eq(group, declared),
        (Some(_), None) => false,
    }
}

/// Returns the index of the request that a read of `key` refers to.
///
/// Without `group`, the key must be unique among all groups.
///
/// # Errors
///
/// Returns an error if there is no such request; [`message`] formats it.
pub fn resolve<'a>(
    requests: impl Iterator<Item = Request<'a>>,
    group: Option<&str>,
    key: &str,
    access: Access,
) -> Result<usize, ReadError> {
    let mut found: Option<(usize, Request<'a>)> = None;
    let mut unsupported = false;
    for (index, request) in requests.enumerate().filter(|(_, request)| matches(request, group, key)) {
        match found {
            Some((_, first)) if first.group != request.group => return Err(ReadError::Ambiguous),
            _ if !access.supports(request.mount) => unsupported = true,
            None => found = Some((index, request)),
            Some(_) => {}
        }
    }
    match found {
        Some((index, _)) => Ok(index),
        None if unsupported => Err(ReadError::WrongMount),
        None => Err(ReadError::Undeclared),
    }
}

/// Returns the error message for a read of `key` in `task`.
pub fn message(
    error: ReadError,
    task: &str,
    requests: &[Request<'_>],
    group: Option<&str>,
    key: &str,
    access: Access,
) -> String {
    let name = match group {
        Some(group) => format!("{}/{}", escape(group), escape(key)),
        None => escape(key),
    };
    match error {
        ReadError::Undeclared => {
            let advice = match suggestion(requests, group, key, access) {
                Some(code) => format!("did you mean {code}?"),
                None => format!("add {} to its `secret_requests`", missing_request(group, key, access)),
            };
            let declared = match requests {
                [] => String::new(),
                // The suggestion is the only declared secret.
                [_] if advice.starts_with("did") => String::new(),
                some => format!(", which declares {}", display_names(some)),
            };
            format!("secret `{name}` is not declared by task `{task}`{declared}: {advice}")
        }
        ReadError::Ambiguous => {
            let named: Vec<&Request<'_>> =
                requests.iter().filter(|request| matches(request, group, key)).collect();
            let groups = display_list(named.iter().filter_map(|request| request.group));
            let choices = named.iter().filter(|request| request.group.is_some());
            let choices: Vec<String> = choices.map(|request| in_group(request, access)).collect();
            let place = if named.iter().any(|request| request.group.is_none()) {
                format!("without a group and in group {groups}")
            } else {
                format!("in the groups {groups}")
            };
            format!(
                "task `{task}` declares secret `{name}` {place}: choose one, as in {}",
                choices.first().map_or("", String::as_str)
            )
        }
        ReadError::WrongMount => {
            let (mounted, methods, mount) = match access {
                Access::Variable => (
                    "FILE, so it has no environment variable",
                    "`get` or `get_secrets_file`",
                    MountType::EnvVar,
                ),
                _ => ("ENV_VAR, so it has no file", "`get`", MountType::File),
            };
            format!(
                "task `{task}` requests secret `{name}` as {mounted}: read it with {methods}, or write `mount_requirement = {mount}`"
            )
        }
    }
}

/// Returns the error message for a read of an invalid key, such as `group/key`.
pub fn invalid_key_message(
    error: NameError,
    requests: &[Request<'_>],
    group: Option<&str>,
    key: &str,
    access: Access,
) -> String {
    let message = error.message(key);
    if let Some(code) = suggestion(requests, group, key, access) {
        return format!("{message}; did you mean {code}?");
    }
    match key.rsplit_once('/') {
        Some((group, key)) if rules::check_group(group).is_ok() && rules::check_key(key).is_ok() => {
            format!("{message}; write the group as `.group(\"{group}\").{}(\"{key}\")`", access.method())
        }
        _ => message,
    }
}

/// Returns the code that reads the declared secret with the most similar name, in backticks.
///
/// That is the key alone if it replaces the mistyped key.
fn suggestion(requests: &[Request<'_>], group: Option<&str>, key: &str, access: Access) -> Option<String> {
    let similar = match key.rsplit_once('/') {
        Some((group, key)) => most_similar(requests, Some(group), key)?,
        None => most_similar(requests, group, key)?,
    };
    if access == Access::Reference {
        return Some(format!("`{similar}`"));
    }
    let key_is_enough = match group {
        Some(group) => similar.group == Some(group),
        None => resolve(requests.iter().copied(), None, similar.key, Access::Value).is_ok(),
    };
    Some(match similar.group {
        _ if key_is_enough => format!("`{}`", similar.key),
        Some(_) => in_group(similar, access),
        None => format!("`.{}(\"{}\")` without a group", access.method(), similar.key),
    })
}

/// Returns the request with the most similar name: the same key in another group, or else a similar key.
fn most_similar<'r, 'a>(
    requests: &'r [Request<'a>],
    group: Option<&str>,
    key: &str,
) -> Option<&'r Request<'a>> {
    let in_group = || requests.iter().filter(|request| request.group == group);
    let by_key = |key: &str| {
        in_group().find(|request| request.key == key).or_else(|| requests.iter().find(|r| r.key == key))
    };
    by_key(key)
        .or_else(|| by_key(nearest(key, in_group().map(|request| request.key))?))
        .or_else(|| by_key(nearest(key, requests.iter().map(|request| request.key))?))
}

/// Returns the code that reads a request in a group, in backticks.
fn in_group(request: &Request<'_>, access: Access) -> String {
    let (group, key) = (request.group.unwrap_or_default(), request.key);
    match access {
        Access::Reference => format!("`{request}`"),
        _ => format!("`.group(\"{group}\").{}(\"{key}\")`", access.method()),
    }
}

/// Returns the code that declares a missing secret, in backticks.
fn missing_request(group: Option<&str>, key: &str, access: Access) -> String {
    let mount = if access == Access::File { MountType::File } else { MountType::Any };
    let request = Request { group, group_version: None, key, mount, env_var: None };
    format!("`{}`", escape(&request.short_form()))
}

/// Returns the names of the requests, each once.
fn display_names(requests: &[Request<'_>]) -> String {
    let names: Vec<String> = requests.iter().map(ToString::to_string).collect();
    display_list(names.iter().map(String::as_str))
}

fn display_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        if !unique.iter().any(|known| known == name) {
            unique.push(name.to_owned());
        }
    }
    quoted_list(unique)
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
    const API: Request<'static> = Request { key: "my_token", group: Some("api"), ..PLAIN };

    fn read(
        requests: &[Request<'static>],
        group: Option<&str>,
        key: &str,
        access: Access,
    ) -> Result<usize, String> {
        rules::check_key(key).map_err(|error| invalid_key_message(error, requests, group, key, access))?;
        resolve(requests.iter().copied(), group, key, access)
            .map_err(|error| message(error, "t1", requests, group, key, access))
    }

    #[track_caller]
    fn assert_suggests(requests: &[Request<'static>], group: Option<&str>, key: &str, code: &str) {
        let error = read(requests, group, key, Access::Value).unwrap_err();
        assert!(error.ends_with(&format!("did you mean {code}?")), "{error}");
    }

    #[test]
    fn a_read_resolves_to_its_request() {
        assert_eq!(read(&ALL, None, "token", Access::Value), Ok(0));
        assert_eq!(read(&ALL, None, "token", Access::File), Ok(0));
        assert_eq!(read(&ALL, None, "cert", Access::Bytes), Ok(1));
        assert_eq!(read(&ALL, Some("b"), "dsn", Access::Value), Ok(4));
    }

    #[test]
    fn a_failed_read_explains_what_to_write() {
        for (group, key, access, expected) in [
            (
                None,
                "tokn",
                Access::Value,
                "secret `tokn` is not declared by task `t1`, which declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`: did you mean `token`?",
            ),
            (
                None,
                "other",
                Access::File,
                "secret `other` is not declared by task `t1`, which declares `token`, `cert`, `pin`, `a/dsn` and `b/dsn`: add `Secret(key = \"other\", mount_requirement = FILE)` to its `secret_requests`",
            ),
            (
                None,
                "dsn",
                Access::Value,
                "task `t1` declares secret `dsn` in the groups `a` and `b`: choose one, as in `.group(\"a\").get(\"dsn\")`",
            ),
            (
                None,
                "dsn",
                Access::Reference,
                "task `t1` declares secret `dsn` in the groups `a` and `b`: choose one, as in `a/dsn`",
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
            assert_eq!(read(&ALL, group, key, access), Err(expected.to_owned()));
        }
        assert_eq!(
            read(&[], None, "k", Access::Value).unwrap_err(),
            "secret `k` is not declared by task `t1`: add `Secret(key = \"k\")` to its `secret_requests`"
        );
        assert_eq!(
            read(&[PLAIN, PLAIN], None, "k", Access::Value).unwrap_err(),
            "secret `k` is not declared by task `t1`, which declares `token`: add `Secret(key = \"k\")` to its `secret_requests`"
        );
    }

    #[test]
    fn the_only_declared_secret_is_suggested_without_a_list() {
        assert_eq!(
            read(&[API], None, "my_tokne", Access::Value).unwrap_err(),
            "secret `my_tokne` is not declared by task `t1`: did you mean `my_token`?"
        );
        assert_eq!(
            read(&[API], Some("apy"), "my_token", Access::Bytes).unwrap_err(),
            "secret `apy/my_token` is not declared by task `t1`: did you mean `.group(\"api\").get_bytes(\"my_token\")`?"
        );
        assert_eq!(
            read(&[API], None, "my_tokne", Access::Reference).unwrap_err(),
            "secret `my_tokne` is not declared by task `t1`: did you mean `api/my_token`?"
        );
    }

    #[test]
    fn the_key_is_suggested_alone_if_it_resolves() {
        assert_suggests(&[API], None, "my_tokne", "`my_token`");
        assert_suggests(&[API], Some("api"), "my_tokne", "`my_token`");
        assert_suggests(&[API, PLAIN], None, "my_tokne", "`my_token`");
        assert_suggests(&ALL, Some("b"), "dns", "`dsn`");
    }

    #[test]
    fn the_group_is_suggested_if_the_key_is_not_enough() {
        assert_suggests(&ALL, None, "dns", "`.group(\"a\").get(\"dsn\")`");
        assert_suggests(&ALL, Some("c"), "dsn", "`.group(\"a\").get(\"dsn\")`");
        assert_suggests(&ALL, Some("c"), "dns", "`.group(\"a\").get(\"dsn\")`");
        assert_suggests(&ALL, Some("a"), "token", "`.get(\"token\")` without a group");
    }

    #[test]
    fn a_key_with_a_group_before_it_is_split() {
        let rule = "a secret key is 1 to 128 ASCII letters, digits, `-` or `_`";
        assert_eq!(
            read(&[API], None, "api/my_token", Access::Value).unwrap_err(),
            format!("`api/my_token` contains `/`: {rule}; did you mean `my_token`?")
        );
        assert_suggests(&ALL, None, "b/dsn", "`.group(\"b\").get(\"dsn\")`");
        assert_suggests(&ALL, None, "b/dns", "`.group(\"b\").get(\"dsn\")`");
        assert_suggests(&ALL, Some("b"), "b/dsn", "`dsn`");
        assert_eq!(
            read(&[API], None, "x/other", Access::Bytes).unwrap_err(),
            format!(
                "`x/other` contains `/`: {rule}; write the group as `.group(\"x\").get_bytes(\"other\")`"
            )
        );
        assert_eq!(
            read(&[API], None, "a b/c d", Access::Value).unwrap_err(),
            format!("`a b/c d` contains ` `: {rule}")
        );
    }

    #[test]
    fn a_key_with_and_without_a_group_is_ambiguous() {
        let requests = [VARIABLE, Request { group: Some("g"), mount: MountType::File, ..VARIABLE }];
        assert_eq!(
            read(&requests, None, "pin", Access::Value).unwrap_err(),
            "task `t1` declares secret `pin` without a group and in group `g`: choose one, as in `.group(\"g\").get(\"pin\")`"
        );
    }

    #[test]
    fn every_suggested_call_resolves() {
        for request in ALL {
            for access in Access::METHODS.into_iter().filter(|access| access.supports(request.mount)) {
                let typo = format!("{}x", request.key);
                let Some(code) = suggestion(&ALL, None, &typo, access) else { continue };
                let quoted: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
                let resolved = match quoted[..] {
                    [group, key] => resolve(ALL.iter().copied(), Some(group), key, access),
                    _ => resolve(ALL.iter().copied(), None, code.trim_matches('`'), access),
                };
                assert!(resolved.is_ok(), "{code}");
            }
        }
    }
}
