//! Processes before `main`: they are forked, and end without the exit handlers of `main`.

#![expect(
    unsafe_code,
    reason = "`fork`, `clone3` and `_exit` have no safe interface; each use has a safety comment"
)]

use std::{io, mem};

use libc::{CLONE_PARENT, SYS_clone3, clone_args, syscall};
use rustix::process::Pid;

/// Forks this process. Returns the child in the parent, and `None` in the child. Call it only before `main`.
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: before `main`, this process has one thread. So the child has no locks that another thread held at the fork.
    forked(unsafe { libc::fork() }.into())
}

/// Forks this process, as another child of its parent. Returns the new process in this one, and `None` in the new one. Call it only before
/// `main`.
///
/// The C library does not learn of it: the new process must not run `main`, but a child that it [forks](fork) may.
pub(crate) fn fork_sibling() -> io::Result<Option<Pid>> {
    // SAFETY: all fields are integers, for which zero is valid. It means: nothing is shared, nothing is written, and the stack stays.
    let mut arguments: clone_args = unsafe { mem::zeroed() };
    arguments.flags = CLONE_PARENT.cast_unsigned().into();
    // SAFETY: the structure is initialized and has the size that is passed. Like `fork`, the call copies this process, which has one
    // thread before `main`. The new process runs on a copy of this stack.
    forked(unsafe { syscall(SYS_clone3, &raw mut arguments, size_of::<clone_args>()) })
}

/// Converts what a call has returned: nothing in the new process.
fn forked(result: libc::c_long) -> io::Result<Option<Pid>> {
    match result {
        0 => Ok(None),
        child => {
            let child = i32::try_from(child).ok().filter(|child| *child > 0).and_then(Pid::from_raw);
            child.map(Some).ok_or_else(io::Error::last_os_error)
        }
    }
}

/// Ends this process without exit handlers, which belong to `main`.
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: `_exit` accepts any code and does not return.
    unsafe { libc::_exit(code) }
}
