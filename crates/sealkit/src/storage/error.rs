//! Errors of object stores, with messages that contain no credentials.
//!
//! A store repeats the access key, the signature and other parts of a request in its response. Therefore a message contains only the
//! HTTP status and the error code of the response.

use std::error::Error as StdError;

use object_store::Error;

use super::{StorageError, settings::StoreKind};

/// The prefixes with which `object_store` reports an error response; the status and the body follow.
const RESPONSE_PREFIXES: [&str; 2] =
    ["Server returned non-2xx status code: ", "Server returned error response: "];

pub(super) fn storage_error(error: &Error, kind: StoreKind, bucket: &str) -> StorageError {
    let innermost = innermost(error);
    let code = error_code(&innermost);
    let suffix = code.map(|code| format!(" (`{code}`)")).unwrap_or_default();
    let is_bucket = matches!(code, Some("NoSuchBucket" | "ContainerNotFound"));
    let (message, hint) = match error {
        Error::NotFound { .. } if is_bucket => {
            (format!("bucket `{bucket}` not found{suffix}"), Some(kind.hint()))
        }
        Error::NotFound { .. } => (format!("object not found{suffix}"), None),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            (format!("permission denied by the object store{suffix}"), Some(kind.hint()))
        }
        _ => match RESPONSE_PREFIXES.iter().find_map(|prefix| innermost.strip_prefix(prefix)) {
            Some(response) => {
                let status = response.split([':', '<', '{']).next().unwrap_or_default().trim();
                let status: String = status.chars().filter(char::is_ascii).take(40).collect();
                let status = if status.is_empty() { "an error" } else { &status };
                (format!("the object store returned {status}{suffix}"), Some(kind.hint()))
            }
            None => (
                format!("cannot connect to the object store: {}", sealkit_names::escape(&innermost)),
                Some(kind.hint()),
            ),
        },
    };
    StorageError { message, hint: hint.map(str::to_owned) }
}

/// Returns the text of the last source.
fn innermost(error: &Error) -> String {
    let mut error: &dyn StdError = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Returns the error code of a response, as in `<Code>NoSuchBucket</Code>`.
fn error_code(response: &str) -> Option<&str> {
    let (code, _) = response.split_once("<Code>")?.1.split_once("</Code>")?;
    let is_code = !code.is_empty() && code.len() <= 60 && code.chars().all(|c| c.is_ascii_alphabetic());
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let source = std::io::Error::other(text.to_owned());
        storage_error(&Error::Generic { store: "S3", source: source.into() }, StoreKind::S3, "b").message
    }

    #[test]
    fn a_message_contains_only_the_status_and_the_code_of_a_response() {
        let response = "Server returned non-2xx status code: 400 Bad Request: <Error><Code>InvalidToken</Code>\
                        <Token>s3cr3t</Token><AWSAccessKeyId>AKIA1</AWSAccessKeyId></Error>";
        assert_eq!(message(response), "the object store returned 400 Bad Request (`InvalidToken`)");
        let response = "Server returned error response: <Error>AKIA1</Error>";
        assert_eq!(message(response), "the object store returned an error");
        let response = "Server returned non-2xx status code: 503 Service Unavailable: {\"key\":\"AKIA1\"}";
        assert_eq!(message(response), "the object store returned 503 Service Unavailable");
        let response = "Server returned non-2xx status code: 400 Bad Request: <Code>AKIA\u{1b}[1m</Code>";
        assert_eq!(message(response), "the object store returned 400 Bad Request");
        assert_eq!(message("refused\u{1b}[1m"), "cannot connect to the object store: refused\\u{1b}[1m");
    }
}
