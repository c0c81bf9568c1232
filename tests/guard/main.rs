//! The guard: detection of secrets in text, and zeroized memory.

mod containers;
mod detection;
mod memory;
