//! Collisions: two requests of a task that would be mounted in the same place.
//!
//! Flyte 1 names a variable after group, version and key. The webhook of Flyte 2 drops the group, and its Python
//! SDK replaces dashes with underscores. Two requests that collide under any of these rules would silently read
//! the same value, so a task cannot have both.

use crate::{ConstText, Request, rules::is_same, text::quoted_list};

/// The reason why a task cannot have both of two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collision {
    /// Both request the same secret with compatible mounts.
    Twice,
    /// Both would be mounted in the same environment variable.
    Variable,
    /// Both would be mounted in the same file.
    File,
}

impl Collision {
    /// Returns the end of the error message.
    const fn rule(self) -> &'static str {
        match self {
            Self::Twice => " is requested twice: remove one of the requests",
            Self::Variable => {
                " would share one environment variable on Flyte 1 or Flyte 2: rename one of them, or give each its own `env_var`"
            }
            Self::File => {
                " would share one file on Flyte 1 or Flyte 2: rename one of them, or request one as `ENV_VAR`"
            }
        }
    }

    /// Returns the error message for `a` and `b` in constant evaluation.
    pub const fn const_message(self, a: &Request<'_>, b: &Request<'_>) -> ConstText {
        let (first, second) = (a.name(), b.name());
        match self {
            Self::Twice => ConstText::of(&["secret `", second.as_str(), "`", self.rule()]),
            _ => ConstText::of(&["secrets `", first.as_str(), "` and `", second.as_str(), "`", self.rule()]),
        }
    }

    /// Returns the error message for `a` and `b`.
    pub fn message(self, a: &Request<'_>, b: &Request<'_>) -> String {
        let rule = self.rule();
        match self {
            Self::Twice => format!("secret `{b}`{rule}"),
            _ => format!("{}{rule}", quoted_list([a, b].map(Request::short_form), "and")),
        }
    }
}

/// Returns the collision of `a` and `b` under the rules of Flyte 1 or Flyte 2, if they collide.
pub const fn collision(a: &Request<'_>, b: &Request<'_>) -> Option<Collision> {
    let variables = a.mount.may_be_variable() && b.mount.may_be_variable();
    let files = a.mount.may_be_file() && b.mount.may_be_file();
    if !variables && !files {
        return None;
    }
    if is_same(a.key, b.key) && option_eq(a.group, b.group) && option_eq(a.group_version, b.group_version) {
        return Some(Collision::Twice);
    }
    if variables && share(&variable_names(a), &variable_names(b), true) {
        return Some(Collision::Variable);
    }
    if files && share(&file_names(a), &file_names(b), false) {
        return Some(Collision::File);
    }
    None
}

/// The parts of a name that a separator joins. Empty parts are skipped.
type Parts<'a> = [&'a str; 3];

const fn variable_names<'a>(request: &Request<'a>) -> [Parts<'a>; 3] {
    let group = or_empty(request.group);
    // `env_var` replaces the name of the embedded injector. The other injectors set it in addition to theirs.
    let embedded = match request.env_var {
        Some(declared) => declared,
        None => request.key,
    };
    [[group, or_empty(request.group_version), request.key], [group, "", request.key], [embedded, "", ""]]
}

const fn file_names<'a>(request: &Request<'a>) -> [Parts<'a>; 3] {
    let group = or_empty(request.group);
    [[group, or_empty(request.group_version), request.key], [group, "", request.key], [request.key, "", ""]]
}

const fn share(a: &[Parts<'_>; 3], b: &[Parts<'_>; 3], dashes_are_underscores: bool) -> bool {
    let separator = if dashes_are_underscores { b'_' } else { b'/' };
    let mut i = 0;
    while i < a.len() {
        let mut j = 0;
        while j < b.len() {
            if same_name(&a[i], &b[j], separator, dashes_are_underscores) {
                return true;
            }
            j += 1;
        }
        i += 1;
    }
    false
}

const fn same_name(a: &Parts<'_>, b: &Parts<'_>, separator: u8, dashes_are_underscores: bool) -> bool {
    let mut at = 0;
    loop {
        let (left, right) = (byte(a, at, separator), byte(b, at, separator));
        match (left, right) {
            (None, None) => return true,
            (Some(mut left), Some(mut right)) => {
                if dashes_are_underscores {
                    left = if left == b'-' { b'_' } else { left };
                    right = if right == b'-' { b'_' } else { right };
                }
                if !left.eq_ignore_ascii_case(&right) {
                    return false;
                }
            }
            _ => return false,
        }
        at += 1;
    }
}

/// Returns the byte at index `at` of the joined parts.
const fn byte(parts: &Parts<'_>, mut at: usize, separator: u8) -> Option<u8> {
    let mut i = 0;
    let mut first = true;
    while i < parts.len() {
        let part = parts[i].as_bytes();
        if !part.is_empty() {
            if !first {
                if at == 0 {
                    return Some(separator);
                }
                at -= 1;
            }
            if at < part.len() {
                return Some(part[at]);
            }
            at -= part.len();
            first = false;
        }
        i += 1;
    }
    None
}

const fn or_empty(text: Option<&str>) -> &str {
    match text {
        Some(text) => text,
        None => "",
    }
}

const fn option_eq(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => is_same(a, b),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MountType;

    fn request(text: &'static str) -> Request<'static> {
        // `group/key=ENV_VAR:MOUNT`, where all parts except the key are optional
        let (text, mount) = text.split_once(':').unwrap_or((text, "ANY"));
        let (text, env_var) = text.split_once('=').map_or((text, None), |(text, name)| (text, Some(name)));
        let (group, key) = text.split_once('/').map_or((None, text), |(group, key)| (Some(group), key));
        Request { group, group_version: None, key, mount: MountType::from_name(mount).unwrap(), env_var }
    }

    #[test]
    fn requests_collide_under_the_rules_of_flyte_1_and_flyte_2() {
        for (a, b, expected) in [
            ("k", "k", Some(Collision::Twice)),
            ("g/k", "g/k:FILE", Some(Collision::Twice)),
            ("k:ENV_VAR", "k:FILE", None),
            ("a", "b", None),
            // Flyte 1: group and key are joined by an underscore
            ("a_b/c", "a/b_c", Some(Collision::Variable)),
            ("a_b", "a/b", Some(Collision::Variable)),
            // Flyte 2: dashes are underscores, case is folded
            ("my-key", "my_key", Some(Collision::Variable)),
            ("my_key", "MY_KEY", Some(Collision::Variable)),
            // Flyte 2: the group is dropped, unless the request names its variable
            ("a/k", "b/k", Some(Collision::Variable)),
            ("a/k=A:ENV_VAR", "b/k=B:ENV_VAR", None),
            ("a/k=A:ENV_VAR", "b/k=A:ENV_VAR", Some(Collision::Variable)),
            ("x=B", "b", Some(Collision::Variable)),
            // files: the embedded injector drops the group, the others fold case
            ("a/k:FILE", "b/k:FILE", Some(Collision::File)),
            ("k:FILE", "K:FILE", Some(Collision::File)),
            ("my-key:FILE", "my_key:FILE", None),
        ] {
            assert_eq!(collision(&request(a), &request(b)), expected, "{a} {b}");
            assert_eq!(collision(&request(b), &request(a)), expected, "{b} {a}");
        }
    }
}
