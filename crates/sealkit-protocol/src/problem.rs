//! Problems: why a task failed, or why a program cannot answer.

use std::fmt;

use prost::Message;
use sealkit_idl::core::{ContainerError, ContainerErrorKind, ErrorOrigin};

/// Why a task failed.
///
/// Before it leaves a process, its texts are redacted.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Problem {
    /// The name of the code; see [`code`](Self::code).
    #[prost(string, tag = "1")]
    name: String,
    /// What failed.
    #[prost(string, tag = "2")]
    pub message: String,
    /// What to do next.
    #[prost(string, optional, tag = "3")]
    pub hint: Option<String>,
    /// The causes: the first one caused the problem, each other one caused the one before.
    #[prost(string, repeated, tag = "4")]
    pub causes: Vec<String>,
    /// Whether a retry can help.
    #[prost(bool, tag = "5")]
    pub retryable: bool,
}

macro_rules! codes {
    ($($(#[$docs:meta])* $code:ident = $name:literal,)*) => {
        /// The code of a problem. Its names are stable: they are the codes of failed actions in the console of Flyte, too.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[$docs])* $code,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Returns the name in snake case, such as `not_found`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }
        }
    };
}

codes! {
    /// A name is not valid.
    InvalidName = "invalid_name",
    /// A task reads a secret that it does not request.
    Undeclared = "undeclared",
    /// A task reads a key that it requests in several groups.
    Ambiguous = "ambiguous",
    /// A task reads a secret in a way that its request does not allow.
    WrongMount = "wrong_mount",
    /// A secret does not exist.
    NotFound = "not_found",
    /// There is no running task.
    NoTask = "no_task",
    /// A secret is not text.
    NotText = "not_text",
    /// A secret or an output is too large.
    TooLarge = "too_large",
    /// A provider of secrets failed.
    Provider = "provider",
    /// The program or its environment is set up incorrectly.
    Configuration = "configuration",
    /// An input or output has the wrong type.
    InvalidValue = "invalid_value",
    /// An output or input contains a secret.
    Leak = "leak",
    /// A file cannot be read or written.
    Io = "io",
    /// A task failed with an error of its own.
    Other = "other",
    /// A task reached its timeout.
    Timeout = "timeout",
    /// The process of a task ended without a result.
    Ended = "ended",
    /// The run, or the call of the task, was cancelled.
    Cancelled = "cancelled",
}

impl Code {
    /// Returns the code with this name; [`Code::Other`] for a name of another version or another program.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|code| code.as_str() == name).unwrap_or(Self::Other)
    }

    /// Returns whether a retry can help: failures of the environment may pass, others do not.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Other | Self::Provider | Self::Io | Self::Timeout | Self::Ended)
    }
}

impl Problem {
    /// Creates a problem that is retryable if its code is.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (name, message, retryable) = (code.as_str().to_owned(), message.into(), code.is_retryable());
        Self { name, message, retryable, hint: None, causes: Vec::new() }
    }

    /// Sets the hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint, if there is one.
    #[must_use]
    pub fn with_optional_hint(mut self, hint: Option<&str>) -> Self {
        self.hint = hint.map(str::to_owned);
        self
    }

    /// Returns the same problem, for which a retry cannot help.
    #[must_use]
    pub fn not_retryable(mut self) -> Self {
        self.retryable = false;
        self
    }

    /// Returns the problem of a task that failed with this one.
    #[must_use]
    pub fn of_task(mut self, task: &str) -> Self {
        self.message = format!("task `{task}` failed: {}", self.message);
        self
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        Code::from_name(&self.name)
    }

    /// Changes every text, for example to redact secrets.
    #[must_use]
    pub fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        self.message = change(&self.message);
        self.hint = self.hint.map(|hint| change(&hint));
        self.causes = self.causes.iter().map(|cause| change(cause)).collect();
        self
    }
}

/// The message, and each cause on a line of its own. The alternate form `{:#}` also contains the hint.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, "\ncaused by: {cause}")?;
        }
        match &self.hint {
            Some(hint) if f.alternate() => write!(f, "\nhint: {hint}"),
            _ => Ok(()),
        }
    }
}

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

    fn problem() -> Problem {
        let mut problem =
            Problem::new(Code::NotFound, "task `t` failed: setup failed").with_hint("create it");
        problem.causes = vec!["secret `k` was not found".to_owned()];
        problem
    }

    #[test]
    fn every_code_has_a_unique_name_that_leads_back_to_it() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.as_str()), *code);
        }
        assert_eq!(Code::from_name("USER:Unknown"), Code::Other);
    }

    #[test]
    fn a_problem_is_shown_with_its_causes() {
        let text = "task `t` failed: setup failed\ncaused by: secret `k` was not found";
        assert_eq!(problem().to_string(), text);
        assert_eq!(format!("{:#}", problem()), format!("{text}\nhint: create it"));
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
