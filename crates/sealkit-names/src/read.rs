//! Resolution of reads: which request a read refers to, and the error message if there is none.

use crate::{
    MountType, Request,
    rules::{self, NameError},
    text::{escape, quoted_list},
    typo::nearest,
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
    if !rules::is_same(request.key, key) {
        return false;
    }
    match (group, request.group) {
        (None, _) => true,
        (Some(group), Some(declared)) => rules::is_same(group, declared),
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

/// Returns the error message for a read of `key` that `task` does not declare.
pub fn undeclared(task: &str, group: Option<&str>, key: &str) -> String {
    format!("secret `{}` is not declared by task `{task}`", display_name(group, key))
}

/// Returns how to declare the secret that a read of `key` needs.
pub fn how_to_declare(group: Option<&str>, key: &str, access: Access) -> String {
    let mount = if access == Access::File { MountType::File } else { MountType::Any };
    let request = Request { group, group_version: None, key, mount, env_var: None };
    format!("add `{}` to its `secret_requests`", escape(&request.short_form()))
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
    match error {
        ReadError::Undeclared => {
            let advice = match suggestion(requests, group, key, access) {
                Some(code) => format!("did you mean {code}?"),
                None => how_to_declare(group, key, access),
            };
            let declared = match requests {
                [] => String::new(),
                // The suggestion is the only declared secret.
                [_] if advice.starts_with("did") => String::new(),
                some => format!(", which declares {}", display_names(some)),
            };
            format!("{}{declared}: {advice}", undeclared(task, group, key))
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
                "task `{task}` declares secret `{}` {place}: choose one, as in {}",
                display_name(group, key),
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
                "task `{task}` requests secret `{}` as {mounted}: read it with {methods}, or write `mount_requirement = {mount}`",
                display_name(group, key)
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

/// Returns `group/key`, or `key`.
fn display_name(group: Option<&str>, key: &str) -> String {
    match group {
        Some(group) => format!("{}/{}", escape(group), escape(key)),
        None => escape(key),
    }
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
    quoted_list(unique, "and")
}

#[cfg(test)]
mod tests;
