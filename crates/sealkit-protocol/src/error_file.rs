//! The file in which a pod reports why its task failed.

use prost::Message;
use sealkit_idl::core::{ContainerError, ContainerErrorKind, ErrorOrigin};

use crate::problem::Problem;

/// The content of `error.pb`: Flyte's `core.ErrorDocument`, and the problem in a field that Flyte skips.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ErrorFile {
    /// The error as Flyte reads it.
    #[prost(message, optional, tag = "1")]
    error: Option<ContainerError>,
    /// The problem.
    #[prost(message, optional, tag = "1000")]
    problem: Option<Problem>,
}

/// The maximum length of each text in `error.pb`, and of the serialized error of a task, in bytes. Flyte ignores an error file above 2 MiB
/// (`ioutils/remote_file_output_reader.go`).
pub const MAX_TEXT: usize = 64 * 1024;

/// The maximum number of causes in `error.pb`.
const MAX_CAUSES: usize = 8;

/// The maximum length of the message that Flyte shows, in bytes. Flyte stores it in a condition of a Kubernetes object, with a text of its
/// own. Kubernetes rejects conditions above 32,768 bytes, and the action would be shown as running forever.
const MAX_MESSAGE: usize = 16 * 1024;

/// What replaces the middle of a long text.
const MARKER: &str = "… (truncated) …";

impl ErrorFile {
    /// Creates the file of a problem, whose texts are redacted. Long texts are truncated in the middle.
    pub fn new(problem: Problem) -> Self {
        let mut problem = problem.map_texts(|text| truncate(text, MAX_TEXT));
        problem.causes.truncate(MAX_CAUSES);
        let kind = if problem.retryable {
            ContainerErrorKind::Recoverable
        } else {
            ContainerErrorKind::NonRecoverable
        };
        let error = ContainerError {
            code: problem.name.clone(),
            message: truncate(&format!("{problem:#}"), MAX_MESSAGE),
            kind: kind.into(),
            // Flyte does not count attempts that failed with a retryable error of the system: it would start the pod again forever.
            origin: ErrorOrigin::User.into(),
        };
        Self { error: Some(error), problem: Some(problem) }
    }

    /// Returns the message that Flyte shows.
    pub fn message(&self) -> &str {
        self.error.as_ref().map_or("", |error| &error.message)
    }

    /// Returns the problem; `None` if the file contains no error.
    ///
    /// A file of other software has no problem: its message is one text.
    pub fn into_problem(self) -> Option<Problem> {
        self.problem.or_else(|| {
            let ContainerError { code, message, kind, .. } = self.error?;
            let retryable = kind == i32::from(ContainerErrorKind::Recoverable);
            Some(Problem { name: code, message, retryable, ..Problem::default() })
        })
    }
}

/// Returns the text with at most `max` bytes: the middle of a longer one is left out.
///
/// Both ends matter: an error begins with what failed, and ends with the first cause and the hint.
fn truncate(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let half = (max - MARKER.len()) / 2;
    let is_boundary = |index: &usize| text.is_char_boundary(*index);
    let head = (0..=half).rev().find(is_boundary).unwrap_or(0);
    let tail = (text.len() - half..=text.len()).find(is_boundary).unwrap_or(text.len());
    format!("{}{MARKER}{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::ErrorDocument;

    use super::*;
    use crate::{Code, problem::tests::problem};

    #[test]
    fn flyte_reads_the_text_and_sealkit_the_problem() {
        let file = ErrorFile::new(problem()).encode_to_vec();
        let error = ErrorDocument::decode(&*file).unwrap().error.unwrap();
        assert_eq!((&*error.code, error.kind), ("not_found", ContainerErrorKind::NonRecoverable.into()));
        assert_eq!(error.origin, i32::from(ErrorOrigin::User));
        assert_eq!(error.message, format!("{:#}", problem()));
        assert_eq!(ErrorFile::decode(&*file).unwrap().into_problem(), Some(problem()));
    }

    #[test]
    fn the_error_of_a_task_crosses_pods_unless_it_is_too_long() {
        let value_of = |json: String| {
            let file = ErrorFile::new(problem().with_value(Some(json))).encode_to_vec();
            ErrorFile::decode(&*file).unwrap().into_problem().unwrap().value().map(str::to_owned)
        };
        let text = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
        let json = r#"{"Gone":{"id":1}}"#;
        assert_eq!(value_of(json.to_owned()).as_deref(), Some(json));
        assert_eq!(value_of(text(MAX_TEXT)).map(|json| json.len()), Some(MAX_TEXT));
        assert_eq!(value_of(text(MAX_TEXT + 1)), None);
    }

    #[test]
    fn a_file_of_other_software_is_read_as_one_text() {
        let error = ContainerError {
            code: "USER:Error".to_owned(),
            message: "it failed\nhint: not one of ours".to_owned(),
            kind: ContainerErrorKind::Recoverable.into(),
            ..ContainerError::default()
        };
        let file = ErrorDocument { error: Some(error) }.encode_to_vec();
        let problem = ErrorFile::decode(&*file).unwrap().into_problem().unwrap();
        assert_eq!((problem.code(), problem.hint.as_deref()), (Code::Other, None));
        assert!(problem.retryable && problem.message.ends_with("not one of ours"));
    }

    #[test]
    fn the_message_has_at_most_16_kib_and_keeps_its_ends() {
        let message = |text: String| {
            let mut long = Problem::new(Code::Other, text).with_hint("the hint");
            long.causes = vec!["é".repeat(9_000), "the first cause".to_owned()];
            let file = ErrorFile::decode(&*ErrorFile::new(long).encode_to_vec()).unwrap();
            file.message().to_owned()
        };
        // Characters of several bytes, at all distances from the cut.
        for prefix in ["", "a", "ab", "abc"] {
            let message = message(prefix.to_owned() + &"🦀".repeat(10_000));
            assert!((MAX_MESSAGE - 8..=MAX_MESSAGE).contains(&message.len()), "{}", message.len());
            assert!(message.starts_with(&format!("{prefix}🦀")), "{prefix}");
            assert!(message.ends_with("é\ncaused by: the first cause\nhint: the hint"), "{prefix}");
            assert_eq!(message.matches(MARKER).count(), 1);
        }
        let short = Problem::new(Code::Other, "x".repeat(MAX_MESSAGE));
        assert_eq!(ErrorFile::new(short).message().len(), MAX_MESSAGE);
    }

    #[test]
    fn sealkit_reads_more_of_a_long_text_than_flyte() {
        let long = Problem::new(Code::Other, "é".repeat(MAX_TEXT));
        let file = ErrorFile::new(long);
        assert!(file.encoded_len() < 3 * MAX_TEXT);
        let message = file.into_problem().unwrap().message;
        assert!(message.len() > 3 * MAX_MESSAGE && message.len() <= MAX_TEXT && message.ends_with('é'));
    }
}
