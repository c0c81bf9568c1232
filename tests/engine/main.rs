//! `sealkit run`: tasks as processes on this machine.

mod isolation;
mod preflight;
mod runs;
