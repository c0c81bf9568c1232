//! References to tasks that are deployed on a cluster.

use crate::{rules, text::escape};

/// The name for the latest version.
const LATEST: &str = "latest";

/// Maximum length of a version in bytes.
const VERSION_MAX: usize = 255;

/// Splits `NAME[:VERSION]`, the form of `flyte run deployed-task`. The version is `None` for the latest one.
///
/// # Errors
///
/// Returns the message of the error if the name or the version is invalid.
pub fn parse(text: &str) -> Result<(&str, Option<&str>), String> {
    let (name, version) = text.split_once(':').map_or((text, None), |(name, version)| (name, Some(version)));
    if let Err(error) = rules::check_task_name(name) {
        return Err(match text.split_once('@') {
            Some((name, version)) => {
                format!("the version follows a colon: `{}:{}`", escape(name), escape(version))
            }
            None => error.message(name),
        });
    }
    match version {
        Some(version)
            if version.is_empty()
                || version.len() > VERSION_MAX
                || !version.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Err(format!(
                "`{}`: a version is 1 to {VERSION_MAX} ASCII characters without blanks",
                escape(version)
            ))
        }
        version => Ok((name, version.filter(|version| *version != LATEST))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_name_and_perhaps_a_version() {
        assert_eq!(parse("model.score"), Ok(("model.score", None)));
        assert_eq!(parse("model.score:latest"), Ok(("model.score", None)));
        assert_eq!(parse("model.score:v1.2+3"), Ok(("model.score", Some("v1.2+3"))));
        assert_eq!(parse("score:sha:1"), Ok(("score", Some("sha:1"))));
    }

    #[test]
    fn errors_say_what_a_reference_is() {
        let cases = [
            ("", "empty name: a task name is 1 to 255 ASCII letters, digits, `-`, `_` or `.`"),
            ("a b", "`a b` contains ` `: a task name is 1 to 255 ASCII letters, digits, `-`, `_` or `.`"),
            ("a:", "``: a version is 1 to 255 ASCII characters without blanks"),
            ("a:1 2", "`1 2`: a version is 1 to 255 ASCII characters without blanks"),
            ("a@v1", "the version follows a colon: `a:v1`"),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text).unwrap_err(), message);
        }
    }
}
