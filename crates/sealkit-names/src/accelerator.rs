//! Accelerators that a task can request: GPUs and similar devices.
//!
//! The names and their spellings on the wire are those of flyte 2.12.1 (`_resources.py`, `_internal/runtime/resources_serde.py`).

use crate::rules::are_equal;

/// A kind of accelerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accelerator {
    /// The name that users write, such as `A100`.
    pub name: &'static str,
    /// The name on the wire, such as `nvidia-tesla-a100`.
    pub device: &'static str,
    /// The number of `core.GPUAccelerator.DeviceClass`.
    pub class: i32,
    /// The largest number of devices of one pod.
    pub max_count: u128,
}

const NVIDIA_GPU: i32 = 0;
const GOOGLE_TPU: i32 = 1;
const AMAZON_NEURON: i32 = 2;
const AMD_GPU: i32 = 3;
const HABANA_GAUDI: i32 = 4;

const fn accelerator(name: &'static str, device: &'static str, class: i32, max_count: u128) -> Accelerator {
    Accelerator { name, device, class, max_count }
}

/// All known accelerators.
pub const ACCELERATORS: [Accelerator; 34] = [
    accelerator("A2", "A2", NVIDIA_GPU, 1),
    accelerator("A10", "nvidia-a10", NVIDIA_GPU, 8),
    accelerator("A10G", "nvidia-a10g", NVIDIA_GPU, 8),
    accelerator("A100", "nvidia-tesla-a100", NVIDIA_GPU, 8),
    accelerator("A100_80G", "nvidia-a100-80gb", NVIDIA_GPU, 8),
    accelerator("B200", "B200", NVIDIA_GPU, 8),
    accelerator("GB10", "GB10", NVIDIA_GPU, 1),
    accelerator("H100", "nvidia-tesla-h100", NVIDIA_GPU, 8),
    accelerator("H200", "H200", NVIDIA_GPU, 8),
    accelerator("L4", "nvidia-l4", NVIDIA_GPU, 8),
    accelerator("L40s", "nvidia-l40s", NVIDIA_GPU, 8),
    accelerator("RTX_PRO_4500", "nvidia-rtx-pro-4500", NVIDIA_GPU, 1),
    accelerator("RTX_PRO_6000", "nvidia-rtx-pro-6000", NVIDIA_GPU, 2),
    accelerator("T4", "nvidia-tesla-t4", NVIDIA_GPU, 8),
    accelerator("V100", "nvidia-tesla-v100", NVIDIA_GPU, 8),
    accelerator("V5E", "tpu-v5-lite-podslice", GOOGLE_TPU, 1),
    accelerator("V5P", "tpu-v5p-slice", GOOGLE_TPU, 1),
    accelerator("V6E", "tpu-v6e-slice", GOOGLE_TPU, 1),
    accelerator("Inf1", "Inf1", AMAZON_NEURON, 16),
    accelerator("Inf2", "Inf2", AMAZON_NEURON, 12),
    accelerator("Trn1", "Trn1", AMAZON_NEURON, 16),
    accelerator("Trn1n", "Trn1n", AMAZON_NEURON, 16),
    accelerator("Trn2", "Trn2", AMAZON_NEURON, 16),
    accelerator("Trn2u", "Trn2u", AMAZON_NEURON, 16),
    accelerator("MI100", "MI100", AMD_GPU, 1),
    accelerator("MI210", "MI210", AMD_GPU, 1),
    accelerator("MI250", "MI250", AMD_GPU, 1),
    accelerator("MI250X", "MI250X", AMD_GPU, 1),
    accelerator("MI300A", "MI300A", AMD_GPU, 1),
    accelerator("MI300X", "MI300X", AMD_GPU, 1),
    accelerator("MI325X", "MI325X", AMD_GPU, 1),
    accelerator("MI350X", "MI350X", AMD_GPU, 1),
    accelerator("MI355X", "MI355X", AMD_GPU, 1),
    accelerator("Gaudi1", "Gaudi1", HABANA_GAUDI, 1),
];

/// Returns the accelerator with this name.
pub(crate) const fn find(name: &[u8]) -> Option<Accelerator> {
    let mut i = 0;
    while i < ACCELERATORS.len() {
        if are_equal(name, ACCELERATORS[i].name.as_bytes()) {
            return Some(ACCELERATORS[i]);
        }
        i += 1;
    }
    None
}

/// Returns whether the text can be the name of a partition, such as `1g.5gb` of a GPU or `2x2` of a TPU.
pub(crate) const fn is_partition(text: &[u8]) -> bool {
    let mut i = 0;
    while i < text.len() {
        if !(text[i].is_ascii_digit() || text[i].is_ascii_lowercase() || text[i] == b'.') {
            return false;
        }
        i += 1;
    }
    !text.is_empty() && text[0].is_ascii_digit()
}
