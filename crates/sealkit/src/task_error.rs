//! The error types of tasks, and what they say.

use std::{error::Error as StdError, fmt::Display, sync::Arc, time::Duration};

use sealkit_protocol::Problem;

use crate::{Error, ErrorKind, error_codec::ErrorCodec};

/// The error type of a task. One trait, so that the compiler reports one error for a type that lacks both bounds.
#[diagnostic::on_unimplemented(
    message = "a task cannot fail with `{Self}`",
    label = "`{Self}` must implement `From<sealkit::Error>` and `Display`",
    note = "with thiserror, add a variant such as `#[error(transparent)] Sealkit(#[from] sealkit::Error)`",
    note = "`sealkit::Error`, `anyhow::Error` and `eyre::Report` implement both"
)]
pub trait TaskError: Sized {
    /// The conversions of the error.
    const CONVERSIONS: ErrorConversions<Self>;
}

// Without the attribute, the compiler would report only one of the two bounds.
#[diagnostic::do_not_recommend]
impl<E: From<Error> + Display> TaskError for E {
    const CONVERSIONS: ErrorConversions<E> =
        ErrorConversions { from_error: E::from, text: E::to_string, full_text: |error| format!("{error:#}") };
}

/// The conversions of the error type of a task.
#[derive(Debug)]
pub struct ErrorConversions<E> {
    from_error: fn(Error) -> E,
    text: fn(&E) -> String,
    /// The alternate form, which contains the sources for some types.
    full_text: fn(&E) -> String,
}

/// Returns an error as a standard error, if it is one.
pub type AsError<E> = for<'a> fn(&'a E) -> Option<&'a (dyn StdError + 'static)>;

impl<E> ErrorConversions<E> {
    /// Converts an error of sealkit. An error of the task itself that was serialized is restored.
    pub(crate) fn convert(&self, error: Error, codec: Option<&ErrorCodec<E>>) -> E {
        let restored = codec.zip(error.value()).and_then(|(codec, json)| codec.decode(json));
        restored.unwrap_or_else(|| (self.from_error)(error))
    }

    /// Returns the problem of a task that failed with `error`; `recorded` are the errors of sealkit that the task has met.
    pub(crate) fn problem(&self, error: &E, as_error: AsError<E>, recorded: &[Recorded]) -> Problem {
        match as_error(error) {
            Some(standard) => problem((self.text)(error), Some(standard), recorded),
            None => problem((self.full_text)(error), None, recorded),
        }
    }
}

/// An error of sealkit that a task has met. An error type of another library may hide it, so it is found by its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    kind: ErrorKind,
    text: String,
    hint: Option<String>,
    is_final: bool,
    retry_after: Option<Duration>,
}

impl Recorded {
    fn is_behind(&self, text: &str) -> bool {
        !self.text.is_empty() && text.contains(&self.text)
    }
}

impl From<&Error> for Recorded {
    fn from(error: &Error) -> Self {
        let (kind, hint, is_final) = (error.kind(), error.hint().map(str::to_owned), error.is_final());
        Self { kind, text: error.to_string(), hint, is_final, retry_after: error.minimum_delay() }
    }
}

/// Returns the problem of an error with this text. Its kind and hint are those of the error of sealkit behind it.
fn problem(text: String, error: Option<&(dyn StdError + 'static)>, recorded: &[Recorded]) -> Problem {
    let (mut kind, mut hint, mut is_final, mut texts) = (None, None, false, vec![text]);
    let mut retry_after = None;
    let mut next = error;
    while let Some(error) = next {
        let text = error.to_string();
        // Many types repeat the text of their source.
        if texts.last().is_some_and(|last| !last.contains(&text)) {
            texts.push(text);
        }
        let mut known = error
            .downcast_ref::<Error>()
            .or_else(|| error.downcast_ref::<Box<Error>>().map(|error| &**error))
            .or_else(|| error.downcast_ref::<Arc<Error>>().map(|error| &**error));
        while let Some(error) = known {
            kind = kind.or(Some(error.kind()).filter(|kind| *kind != ErrorKind::Other));
            hint = hint.or_else(|| error.hint().map(str::to_owned));
            is_final |= error.is_final();
            retry_after = retry_after.max(error.minimum_delay());
            known = error.wrapped();
        }
        next = error.source();
    }
    if kind.is_none()
        && let Some(found) =
            recorded.iter().rev().find(|error| texts.iter().any(|text| error.is_behind(text)))
    {
        kind = Some(found.kind);
        is_final |= found.is_final;
        retry_after = retry_after.max(found.retry_after);
        hint = hint.or_else(|| found.hint.clone());
    }
    let mut texts = texts.into_iter();
    let mut problem = Problem::new(kind.unwrap_or(ErrorKind::Other).into(), texts.next().unwrap_or_default());
    problem.hint = hint;
    problem.retryable &= !is_final;
    problem.causes = texts.collect();
    problem.with_retry_after(retry_after)
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        problem(error.to_string(), Some(error), &[])
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// The error type of a `Result`, which generated code cannot name otherwise: the return type may be an alias.
pub trait ResultType {
    /// The error type.
    type Error;
}

impl<T, E> ResultType for Result<T, E> {
    type Error = E;
}

/// Returns nothing: the error type is not visible.
pub fn not_visible<E>(_error: &E) -> Option<&(dyn StdError + 'static)> {
    None
}

/// How an error is a standard error. Generated code calls the method on `&&&ErrorRef`, and the compiler takes the first trait that
/// fits: `Direct`, else `Behind`, else `Opaque`.
pub mod as_error {
    use std::{error::Error as StdError, ops::Deref};

    /// A reference to the error of a task.
    #[derive(Debug)]
    pub struct ErrorRef<'a, E>(pub &'a E);

    /// A type that is a standard error.
    pub trait Direct<'a> {
        /// Returns the error.
        fn __sealkit_as_error(&self) -> Option<&'a (dyn StdError + 'static)>;
    }

    impl<'a, E: StdError + 'static> Direct<'a> for &&ErrorRef<'a, E> {
        fn __sealkit_as_error(&self) -> Option<&'a (dyn StdError + 'static)> {
            Some(self.0)
        }
    }

    /// A type that points to a standard error, such as `anyhow::Error`, `eyre::Report` and `Box<dyn Error>`.
    pub trait Behind<'a> {
        /// Returns the error.
        fn __sealkit_as_error(&self) -> Option<&'a (dyn StdError + 'static)>;
    }

    impl<'a, E: Deref<Target: DynError>> Behind<'a> for &ErrorRef<'a, E> {
        fn __sealkit_as_error(&self) -> Option<&'a (dyn StdError + 'static)> {
            Some(self.0.deref().as_dyn())
        }
    }

    /// Any other type.
    pub trait Opaque<'a> {
        /// Returns `None`.
        fn __sealkit_as_error(&self) -> Option<&'a (dyn StdError + 'static)>;
    }

    impl<'a, E> Opaque<'a> for ErrorRef<'a, E> {
        fn __sealkit_as_error(&self) -> Option<&'a (dyn StdError + 'static)> {
            None
        }
    }

    /// A standard error without its type.
    pub trait DynError {
        /// Returns the error.
        fn as_dyn(&self) -> &(dyn StdError + 'static);
    }

    impl DynError for dyn StdError {
        fn as_dyn(&self) -> &(dyn StdError + 'static) {
            self
        }
    }

    impl DynError for dyn StdError + Send {
        fn as_dyn(&self) -> &(dyn StdError + 'static) {
            self
        }
    }

    impl DynError for dyn StdError + Send + Sync {
        fn as_dyn(&self) -> &(dyn StdError + 'static) {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use sealkit_protocol::Code;

    use super::*;

    #[test]
    fn the_marks_of_an_error_hold_behind_other_errors() {
        let delay = Duration::from_secs(3);
        let marked = || Error::permanent(Error::provider("denied").with_retry_after(delay));
        assert_eq!(marked().kind(), ErrorKind::Provider);
        for error in [marked(), Error::other(marked()), Error::provider("no").with_source(marked())] {
            let problem = Problem::from(&error);
            assert_eq!((problem.retryable, problem.retry_after()), (false, Some(delay)), "{error:#}");
            assert!(error.is_permanent() && Error::from(problem).is_permanent());
        }
        assert!(Error::provider("denied").is_retryable() && Error::new(ErrorKind::Leak, "").is_permanent());
    }

    #[test]
    fn an_error_from_another_pod_stays_what_it_is() {
        let mut sent = Problem::new(Code::Io, "it failed").with_hint("mend it").not_retryable();
        sent.causes = vec!["first".to_owned(), "second".to_owned()];
        let error = Error::from(sent.clone());
        assert_eq!(format!("{error:#}"), "it failed: first: second");
        assert_eq!(Problem::from(error), sent);
        // Also behind a box, and behind a type that repeats only its text.
        let boxed: Box<dyn StdError + Send + Sync> = Box::new(Box::new(Error::from(sent.clone())));
        let hidden = problem(boxed.to_string(), Some(&*boxed), &[]);
        assert_eq!((hidden.code(), hidden.retryable, hidden.hint), (Code::Io, false, sent.hint.clone()));
        let recorded = [Recorded::from(&Error::from(sent.clone()))];
        let hidden = problem("so: it failed".to_owned(), None, &recorded);
        assert_eq!((hidden.code(), hidden.retryable, hidden.hint), (Code::Io, false, sent.hint));
    }
}
