//! New namespaces.

#![expect(unsafe_code, reason = "`unshare` is unsafe; its use has a safety comment")]

use std::io;

use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Moves this process into new namespaces.
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only `UnshareFlags::FILES` is unsafe, because it splits the file descriptor table of threads. No caller passes it.
    unsafe { unshare_unsafe(flags) }.map_err(io::Error::from)
}
