//! What a store says when it refuses, in words of our own.
//!
//! Stores repeat the access key, the signature and whatever else they were sent, so nothing of their text is shown but one word.

use std::error::Error as StdError;

use object_store::Error;

use super::{Refusal, settings::Kind};

/// How the library begins the text of an answer that was no success; after it come the status and all that the store said.
const ANSWERED: [&str; 2] = ["Server returned non-2xx status code: ", "Server returned error response: "];

pub(super) fn refusal(error: &Error, kind: Kind, bucket: &str) -> Refusal {
    let innermost = innermost(error);
    let code = code(&innermost);
    let word = code.map(|code| format!(" (`{code}`)")).unwrap_or_default();
    let is_bucket = matches!(code, Some("NoSuchBucket" | "ContainerNotFound"));
    let (message, hint) = match error {
        Error::NotFound { .. } if is_bucket => {
            (format!("there is no bucket `{bucket}`{word}"), Some(kind.hint()))
        }
        Error::NotFound { .. } => (format!("there is no such object{word}"), None),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            (format!("the store refuses access{word}"), Some(kind.hint()))
        }
        _ => match ANSWERED.iter().find_map(|prefix| innermost.strip_prefix(prefix)) {
            Some(answer) => {
                let status = answer.split([':', '<', '{']).next().unwrap_or_default().trim();
                let status: String = status.chars().filter(char::is_ascii).take(40).collect();
                let status = if status.is_empty() { "with an error" } else { &status };
                (format!("the store answers {status}{word}"), Some(kind.hint()))
            }
            None => (format!("the store cannot be reached: {}", shown(&innermost)), Some(kind.hint())),
        },
    };
    Refusal { message, hint: hint.map(str::to_owned) }
}

/// What is behind everything that was wrapped around it.
fn innermost(error: &Error) -> String {
    let mut error: &dyn StdError = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The word by which the store calls what is wrong, as in `<Code>NoSuchBucket</Code>`.
fn code(answer: &str) -> Option<&str> {
    let (code, _) = answer.split_once("<Code>")?.1.split_once("</Code>")?;
    let is_word = !code.is_empty() && code.len() <= 60 && code.chars().all(|c| c.is_ascii_alphabetic());
    is_word.then_some(code)
}

fn shown(text: &str) -> String {
    text.chars().take(300).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let source = std::io::Error::other(text.to_owned());
        refusal(&Error::Generic { store: "S3", source: source.into() }, Kind::S3, "b").message
    }

    #[test]
    fn nothing_that_a_store_says_is_shown_but_its_word() {
        let answer = "Server returned non-2xx status code: 400 Bad Request: <Error><Code>InvalidToken</Code>\
                      <Token>s3cr3t</Token><AWSAccessKeyId>AKIA1</AWSAccessKeyId></Error>";
        assert_eq!(told(answer), "the store answers 400 Bad Request (`InvalidToken`)");
        let answer = "Server returned error response: <Error>AKIA1</Error>";
        assert_eq!(told(answer), "the store answers with an error");
        let answer = "Server returned non-2xx status code: 503 Service Unavailable: {\"key\":\"AKIA1\"}";
        assert_eq!(told(answer), "the store answers 503 Service Unavailable");
        let answer = "Server returned non-2xx status code: 400 Bad Request: <Code>AKIA\u{1b}[1m</Code>";
        assert_eq!(told(answer), "the store answers 400 Bad Request");
        assert_eq!(told("refused\u{1b}[1m"), "the store cannot be reached: refused\\u{1b}[1m");
    }
}
