//! The error type of sealkit.

use std::{error::Error as StdError, fmt, time::Duration};

use sealkit_protocol::{Code, Problem};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A `Result` with [`Error`] as the default error type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of sealkit.
///
/// [`Error::kind`] is stable and meant for code, the text and [`Error::hint`] are meant for people. The text names the
/// secret, the task and every location that was searched. It never contains the value of a secret. The alternate form
/// `{:#}` includes the sources.
///
/// # Examples
///
/// ```
/// use sealkit::{ErrorKind, current_context};
///
/// let error = current_context().secrets().get("my_secret").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NoTask);
/// assert_eq!(error.to_string(), "secret `my_secret` was read outside a task");
/// assert!(error.hint().is_some());
/// ```
///
/// A task that returns [`sealkit::Result`](Result) converts errors of other libraries with [`Error::other`]:
///
/// ```
/// # use sealkit::task;
/// #[task]
/// fn port(text: String) -> sealkit::Result<u16> {
///     text.parse().map_err(sealkit::Error::other)
/// }
///
/// assert_eq!(port("80".to_owned())?, 80);
/// assert_eq!(port("http".to_owned()).unwrap_err().to_string(), "invalid digit found in string");
/// # Ok::<(), sealkit::Error>(())
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    hint: Option<String>,
    content: Content,
    /// Whether a retry cannot help, although it can help with other errors of this kind.
    is_final: bool,
    /// How long the next attempt has to wait at least.
    retry_after: Option<Duration>,
    /// The error of the task that failed as JSON, if its type can be serialized.
    value: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum Content {
    #[error("{message}")]
    Message { message: String, source: Option<Box<dyn StdError + Send + Sync>> },
    #[error(transparent)]
    Wrapped(Box<dyn StdError + Send + Sync>),
}

macro_rules! kinds {
    ($(#[$attribute:meta])* pub enum ErrorKind { $($(#[$docs:meta])* $kind:ident,)* }) => {
        $(#[$attribute])*
        pub enum ErrorKind {
            $($(#[$docs])* $kind,)*
        }

        impl ErrorKind {
            /// All kinds, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Returns the code of a problem of this kind.
            const fn code(self) -> Code {
                match self {
                    $(Self::$kind => Code::$kind),*
                }
            }
        }
    };
}

kinds! {
    /// The kind of an [`Error`], a stable identifier for code, logs and metrics.
    ///
    /// [`as_str`](Self::as_str) returns its name. A pod writes it as the code of a failed task, and a caller in another pod
    /// gets an error of the same kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{ErrorKind, testing::TestSecrets, current_context, task};
    ///
    /// #[task(secret_requests = [Secret(key = "token")])]
    /// fn connect() -> sealkit::Result<()> {
    ///     current_context().secrets().get("token").map(drop)
    /// }
    ///
    /// match TestSecrets::new().run(connect) {
    ///     Err(error) if error.kind() == ErrorKind::NotFound => assert_eq!(error.kind().as_str(), "not_found"),
    ///     other => panic!("unexpected: {other:?}"),
    /// }
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum ErrorKind {
        /// A key, a group, a scope or the name of a task is not valid.
        InvalidName,
        /// A task reads a secret that it does not request.
        Undeclared,
        /// A task reads a key that it requests in several groups, without naming the group.
        Ambiguous,
        /// A task reads a secret in a way that the `mount_requirement` of the request does not allow.
        WrongMount,
        /// No provider has the requested secret.
        NotFound,
        /// A secret is read, or a working directory is requested, where no task runs.
        NoTask,
        /// A secret is read as text, and its value is not UTF-8.
        NotText,
        /// A secret is larger than 1 MiB, or the output of a pod is larger than Flyte accepts.
        TooLarge,
        /// A provider fails, such as a file without read permission or a corrupt store.
        Provider,
        /// The program or its environment is set up incorrectly, such as two tasks with the same name.
        Configuration,
        /// An input or output has the wrong type or is out of range.
        InvalidValue,
        /// An output, or an input of a called task, contains a secret that the task has read.
        Leak,
        /// A file or directory cannot be read or written.
        Io,
        /// A task fails with an error of its own, panics, times out, or its process is killed.
        Other,
    }
}

impl ErrorKind {
    /// Returns the name of the kind in snake case, such as `not_found`.
    pub const fn as_str(self) -> &'static str {
        self.code().as_str()
    }
}

impl From<ErrorKind> for Code {
    fn from(kind: ErrorKind) -> Self {
        kind.code()
    }
}

/// A task that timed out, was killed or was cancelled fails with [`ErrorKind::Other`].
impl From<Code> for ErrorKind {
    fn from(code: Code) -> Self {
        Self::ALL.iter().copied().find(|kind| kind.code() == code).unwrap_or(Self::Other)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            hint: None,
            content: Content::Message { message: message.into(), source: None },
            is_final: false,
            retry_after: None,
            value: None,
        }))
    }

    /// Creates an error of kind [`Provider`](ErrorKind::Provider), for implementations of [`Provider`](crate::Provider).
    ///
    /// `message` must not contain the value of a secret.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::{Error, ErrorKind};
    ///
    /// let error = Error::provider("the vault is sealed").with_hint("unseal it: vault operator unseal");
    /// assert_eq!(error.kind(), ErrorKind::Provider);
    /// assert_eq!(error.hint(), Some("unseal it: vault operator unseal"));
    /// ```
    pub fn provider(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Provider, message)
    }

    /// Converts any other error to an error of kind [`Other`](ErrorKind::Other), for tasks that return
    /// [`sealkit::Result`](Result).
    ///
    /// # Examples
    ///
    /// ```
    /// fn rows() -> sealkit::Result<i64> {
    ///     "12 rows".parse().map_err(sealkit::Error::other)
    /// }
    ///
    /// assert_eq!(rows().unwrap_err().to_string(), "invalid digit found in string");
    /// ```
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::Other,
            hint: None,
            content: Content::Wrapped(error.into()),
            is_final: false,
            retry_after: None,
            value: None,
        }))
    }

    /// Sets the hint: what the user can do about the error.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets the source of the error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let message = self.to_string();
        self.0.content = Content::Message { message, source: Some(source.into()) };
        self
    }

    /// Returns the error that this one was converted from with [`Error::other`], if it is an error of sealkit.
    pub(crate) fn wrapped(&self) -> Option<&Self> {
        match &self.0.content {
            Content::Wrapped(error) => error.downcast_ref(),
            Content::Message { .. } => None,
        }
    }

    /// Returns whether a retry cannot help, although it can help with other errors of this kind.
    pub(crate) fn is_final(&self) -> bool {
        self.0.is_final
    }

    pub(crate) fn set_final(&mut self) {
        self.0.is_final = true;
    }

    pub(crate) fn set_minimum_delay(&mut self, delay: Duration) {
        self.0.retry_after = Some(delay);
    }

    /// Returns how long the next attempt has to wait at least.
    pub(crate) fn minimum_delay(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the error of the task that failed as JSON, if its type can be serialized.
    pub(crate) fn value(&self) -> Option<&str> {
        self.0.value.as_deref()
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the hint: what the user can do about the error, if sealkit knows it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

/// The error of a task that failed in another call. The causes become its sources.
impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let kind = problem.code().into();
        let (is_final, retry_after) = (!problem.retryable, problem.retry_after());
        let value = problem.value().map(str::to_owned);
        let cause = problem
            .causes
            .into_iter()
            .rev()
            .fold(None, |source, text| Some(Box::new(Cause { text, source })));
        let source = cause.map(|cause| -> Box<dyn StdError + Send + Sync> { cause });
        let content = Content::Message { message: problem.message, source };
        Self(Box::new(Inner { kind, hint: problem.hint, content, is_final, retry_after, value }))
    }
}

/// The cause of an error in another pod.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Cause {
    text: String,
    source: Option<Box<Cause>>,
}

/// The kind, the texts, and whether a retry can help: what other pods get of an error. An error type with an error of sealkit in it can
/// derive `Serialize` and `Deserialize`, so that it crosses pods as itself.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Problem::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Problem::deserialize(deserializer).map(Self::from)
    }
}

/// The message. The alternate form `{:#}` also contains the messages of the sources.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.content)?;
        if f.alternate() {
            let mut source = self.source();
            while let Some(error) = source {
                write!(f, ": {error}")?;
                source = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.content.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_unique_name() {
        let mut names: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn a_wrapped_error_keeps_its_text_and_its_sources() {
        let inner = Error::provider("the vault is sealed").with_source("no quorum");
        let error = Error::other(inner);
        assert_eq!(error.to_string(), "the vault is sealed");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no quorum"));
        assert_eq!(format!("{error:#}"), "the vault is sealed: no quorum");
    }
}
