//! How the results of a task are cached.

use std::time::Duration;

/// How the results of a task are cached: `cache = "v1"`, `cache = auto` or `cache = Cache(…)` of [`task`](macro@crate::task#cache).
///
/// It corresponds to `flyte.Cache`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use sealkit::{TaskMetadata, task};
///
/// #[task(cache = Cache("v1", ignored_inputs = ["verbose"], max_age = "7d"))]
/// fn count(table: String, verbose: bool) -> sealkit::Result<i64> {
///     Ok(table.len() as i64 + i64::from(verbose))
/// }
///
/// let cache = TaskMetadata::of(&count).and_then(TaskMetadata::cache).expect("a cache");
/// assert_eq!((cache.version, cache.max_age), (Some("v1"), Some(Duration::from_secs(7 * 86_400))));
/// ```
///
/// An input that does not exist does not compile:
///
/// ```compile_fail
/// # use sealkit::task;
/// #[task(cache = Cache("v1", ignored_inputs = ["verbos"]))]
/// fn count(verbose: bool) -> sealkit::Result<i64> {
///     Ok(i64::from(verbose))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cache {
    /// The version of the results. `None` stands for `auto`: a digest of the program.
    pub version: Option<&'static str>,
    /// The inputs that do not matter.
    pub ignored_inputs: &'static [&'static str],
    /// A text that `auto` adds to the program.
    pub salt: &'static str,
    /// How long a result is used.
    pub max_age: Option<Duration>,
    /// Whether a call waits for an equal one that is running, and uses its result.
    pub serialize: bool,
}

impl Cache {
    #[doc(hidden)]
    pub const fn __new(
        version: Option<&'static str>,
        ignored_inputs: &'static [&'static str],
        salt: &'static str,
        max_age: Option<Duration>,
        serialize: bool,
    ) -> Self {
        Self { version, ignored_inputs, salt, max_age, serialize }
    }
}
