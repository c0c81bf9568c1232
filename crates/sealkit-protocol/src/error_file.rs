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

/// The maximum length of each text in `error.pb` in bytes. Flyte ignores an error file above 2 MiB
/// (`ioutils/remote_file_output_reader.go`).
const MAX_TEXT: usize = 64 * 1024;

/// The maximum number of causes in `error.pb`.
const MAX_CAUSES: usize = 8;

impl ErrorFile {
    /// Creates the file of a problem. Long texts are truncated.
    pub fn new(problem: Problem, origin: ErrorOrigin) -> Self {
        let mut problem = problem.map_texts(|text| truncate(text, MAX_TEXT));
        problem.causes.truncate(MAX_CAUSES);
        let kind = if problem.retryable {
            ContainerErrorKind::Recoverable
        } else {
            ContainerErrorKind::NonRecoverable
        };
        let error = ContainerError {
            code: problem.name.clone(),
            message: truncate(&format!("{problem:#}"), MAX_TEXT),
            kind: kind.into(),
            origin: origin.into(),
        };
        Self { error: Some(error), problem: Some(problem) }
    }

    /// Returns the problem; `None` if the file contains no error.
    ///
    /// A file of other software has no problem: its message is one text.
    pub fn into_problem(self) -> Option<Problem> {
        self.problem.or_else(|| {
            let ContainerError { code, message, kind, .. } = self.error?;
            let retryable = kind == i32::from(ContainerErrorKind::Recoverable);
            Some(Problem { name: code, message, hint: None, causes: Vec::new(), retryable })
        })
    }
}

fn truncate(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}… (truncated)", &text[..end])
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::ErrorDocument;

    use super::*;
    use crate::Code;

    fn problem() -> Problem {
        let mut problem =
            Problem::new(Code::NotFound, "task `t` failed: setup failed").with_hint("create it");
        problem.causes = vec!["secret `k` was not found".to_owned()];
        problem
    }

    #[test]
    fn flyte_reads_the_text_and_sealkit_the_problem() {
        let file = ErrorFile::new(problem(), ErrorOrigin::User).encode_to_vec();
        let error = ErrorDocument::decode(&*file).unwrap().error.unwrap();
        assert_eq!((&*error.code, error.kind), ("not_found", ContainerErrorKind::NonRecoverable.into()));
        assert_eq!(error.message, format!("{:#}", problem()));
        assert_eq!(ErrorFile::decode(&*file).unwrap().into_problem(), Some(problem()));
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
    fn long_texts_are_truncated() {
        let long = Problem::new(Code::Other, "é".repeat(MAX_TEXT));
        let file = ErrorFile::new(long, ErrorOrigin::User);
        assert!(file.encoded_len() < 3 * MAX_TEXT);
        assert!(file.into_problem().unwrap().message.ends_with("é… (truncated)"));
    }
}
