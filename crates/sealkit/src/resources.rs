//! The resources of a task.

use sealkit_names::Resource;

/// The resources that a task requests on a cluster: `resources = Resources(...)` of [`task`](macro@crate::task).
///
/// Amounts are Kubernetes quantities, checked at compile time. Local runs ignore them. The JSON form leaves out absent
/// fields: `{"cpu": "500m", "memory": "2Gi"}`. It corresponds to `flyte.Resources`.
///
/// # Examples
///
/// ```
/// use sealkit::{Resources, TaskMetadata, task};
///
/// #[task(resources = Resources(cpu = "500m", memory = "2Gi"))]
/// fn train() -> sealkit::Result<()> {
///     Ok(())
/// }
///
/// let resources = TaskMetadata::of(&train).expect("a task").resources();
/// assert_eq!((resources.cpu, resources.gpu), (Some("500m"), None));
/// assert_ne!(resources, Resources::NONE);
/// ```
///
/// A malformed amount does not compile:
///
/// ```compile_fail
/// # use sealkit::task;
/// #[task(resources = Resources(memory = "2 GB"))]
/// fn train() -> sealkit::Result<()> {
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resources {
    /// The number of processors, such as `2` or `500m` (thousandths).
    pub cpu: Option<&'static str>,
    /// The memory in bytes, such as `2Gi`.
    pub memory: Option<&'static str>,
    /// The number of graphics processors, such as `1`.
    pub gpu: Option<&'static str>,
    /// The ephemeral storage in bytes, such as `10Gi`.
    pub disk: Option<&'static str>,
}

impl Resources {
    /// No requested resources: the defaults of the cluster apply.
    pub const NONE: Self = Self::__new(None, None, None, None);

    #[doc(hidden)]
    pub const fn __new(
        cpu: Option<&'static str>,
        memory: Option<&'static str>,
        gpu: Option<&'static str>,
        disk: Option<&'static str>,
    ) -> Self {
        Self { cpu, memory, gpu, disk }
    }

    /// Returns the requested amounts.
    pub(crate) fn amounts(self) -> impl Iterator<Item = (Resource, &'static str)> {
        let amounts = [self.cpu, self.memory, self.gpu, self.disk];
        Resource::ALL.into_iter().zip(amounts).filter_map(|(resource, amount)| Some((resource, amount?)))
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}
