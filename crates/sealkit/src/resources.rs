//! What a task needs of its machine.

use sealkit_names::Resource;
use serde::Serialize;

/// What a task asks a cluster for: `resources = Resources(...)` of [`task`](macro@crate::task).
///
/// Amounts are as Kubernetes writes them. In JSON it is `{"cpu": "500m", "memory": "2Gi"}`, without what is not
/// asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Resources {
    /// Processors, as `2` or `500m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<&'static str>,
    /// Memory, as `2Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<&'static str>,
    /// Graphics processors, as `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<&'static str>,
    /// Storage that goes with the pod, as `10Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<&'static str>,
}

impl Resources {
    /// Nothing is asked for: the cluster decides.
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

    /// What is asked for.
    pub(crate) fn given(self) -> impl Iterator<Item = (Resource, &'static str)> {
        let amounts = [self.cpu, self.memory, self.gpu, self.disk];
        Resource::ALL.into_iter().zip(amounts).filter_map(|(resource, amount)| Some((resource, amount?)))
    }

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}
