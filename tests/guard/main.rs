//! The guard: detection of secrets in text, and zeroized memory.

mod detection;
mod memory;
