//! Exceptions of the leak check.

/// An exception of the leak check: one `allow_secret_in(...)` of [`task`](macro@crate::task).
///
/// It serializes to `{"output": "o0.url", "secret": "db/password", "because": "..."}`, or with `"input": "task.input"`.
///
/// # Examples
///
/// ```
/// use sealkit::{AllowedPlace, ErrorKind, TaskMetadata, current_context, task, testing::TestSecrets};
///
/// #[task(
///     secret_requests = [Secret(key = "token")],
///     allow_secret_in(output = "o0", secret = "token", because = "the caller signs requests with it"),
/// )]
/// fn allowed() -> sealkit::Result<String> {
///     Ok(current_context().secrets().get("token")?.expose().to_owned())
/// }
///
/// #[task(secret_requests = [Secret(key = "token")])]
/// fn leaking() -> sealkit::Result<String> {
///     Ok(current_context().secrets().get("token")?.expose().to_owned())
/// }
///
/// let exception = TaskMetadata::of(&allowed).expect("a task").allowed_secrets()[0];
/// assert_eq!(exception.place, AllowedPlace::Output("o0"));
///
/// let session = TestSecrets::new().with("token", "k3Jq-71xT/w").session();
/// assert_eq!(session.run(allowed)?, "k3Jq-71xT/w");
/// assert_eq!(session.run(leaking).unwrap_err().kind(), ErrorKind::Leak);
/// # Ok::<(), sealkit::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowedSecret {
    /// The part of an output or input that may contain the secret, including everything inside that part.
    pub place: AllowedPlace,
    /// The secret, written `key` or `group/key`.
    pub secret: &'static str,
    /// The reason.
    pub because: &'static str,
}

/// A part of an output or input that may contain a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllowedPlace {
    /// A part of the task's output, such as `o0` or `o0.url`.
    Output(&'static str),
    /// A part of an input of a called task, such as `task.input` or `task.input.url`.
    Input(&'static str),
}

impl AllowedSecret {
    #[doc(hidden)]
    pub const fn __new(place: AllowedPlace, secret: &'static str, because: &'static str) -> Self {
        Self { place, secret, because }
    }
}
