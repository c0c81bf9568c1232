//! Methods of the services of a cluster.

/// A method of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    /// Whether a repeated call has the same effect as one call.
    pub(crate) is_idempotent: bool,
}
