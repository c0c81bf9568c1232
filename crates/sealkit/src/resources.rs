//! The resources of a task.

use sealkit_names::{ConstText, Resource};

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
    /// The number of processors, such as `2` or `500m` (thousandths), or a range, such as `1..2`: the request and the limit.
    pub cpu: Option<&'static str>,
    /// The memory in bytes, such as `2Gi`, or a range, such as `1Gi..2Gi`.
    pub memory: Option<&'static str>,
    /// The number of graphics processors, such as `1`, or their kind and number, such as `A100:2`, or with a partition `A100:1:1g.5gb`.
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

    /// Sets the number of processors.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, if the amount is malformed, 0 or too large.
    #[must_use]
    #[track_caller]
    pub const fn cpu(mut self, amount: &'static str) -> Self {
        check(Resource::Cpu, amount);
        self.cpu = Some(amount);
        self
    }

    /// Sets the memory.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, if the amount is malformed, 0 or too large.
    #[must_use]
    #[track_caller]
    pub const fn memory(mut self, amount: &'static str) -> Self {
        check(Resource::Memory, amount);
        self.memory = Some(amount);
        self
    }

    /// Sets the number of graphics processors, or the kind and the number.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, if the amount is malformed, 0 or too large.
    #[must_use]
    #[track_caller]
    pub const fn gpu(mut self, amount: &'static str) -> Self {
        check(Resource::Gpu, amount);
        self.gpu = Some(amount);
        self
    }

    /// Sets the ephemeral storage.
    ///
    /// # Panics
    ///
    /// Panics, at compile time in a constant, if the amount is malformed, 0 or too large.
    #[must_use]
    #[track_caller]
    pub const fn disk(mut self, amount: &'static str) -> Self {
        check(Resource::Disk, amount);
        self.disk = Some(amount);
        self
    }

    /// Returns the requested amounts.
    pub(crate) fn amounts(self) -> impl Iterator<Item = (Resource, &'static str)> {
        let amounts = [self.cpu, self.memory, self.gpu, self.disk];
        Resource::ALL.into_iter().zip(amounts).filter_map(|(resource, amount)| Some((resource, amount?)))
    }

    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self { cpu: None, memory: None, gpu: None, disk: None })
    }
}

/// Checks an amount.
///
/// # Panics
///
/// Panics with the rule that the amount breaks.
#[track_caller]
#[expect(clippy::panic, reason = "runs at compile time in a constant")]
const fn check(resource: Resource, amount: &str) {
    if let Err(rule) = resource.check(amount) {
        panic!("{}", ConstText::of(&["`", amount, "`: ", rule]).as_str());
    }
}
