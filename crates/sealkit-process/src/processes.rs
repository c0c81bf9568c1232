//! Processes before `main`: they are forked, and end without the exit handlers of `main`.

#![expect(
    unsafe_code,
    reason = "`fork`, `clone3` and `_exit` have no safe interface; each use has a safety comment"
)]

use std::io;

use libc::{CLONE_PARENT, SYS_clone3, syscall};
use rustix::process::Pid;

/// Forks this process. Returns the child in the parent, and `None` in the child. Call it only before `main`.
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: before `main`, this process has one thread, unless a library has started another one. The child only waits for a lock that
    // such a thread held if it uses that library.
    forked(unsafe { libc::fork() }.into())
}

/// Forks this process, as another child of its parent. Returns the new process in this one, and `None` in the new one. Call it only before
/// `main`, in a process with one thread.
///
/// The C library does not learn of it. In the new process it has the thread ID of this one, so `raise` may fail, and handlers of
/// `pthread_atfork` have not run. A child that the new process [forks](fork) has neither problem: `main` runs there, unless that fork fails.
pub(crate) fn fork_sibling() -> io::Result<Option<Pid>> {
    // The first version of `struct clone_args`, which the crate `libc` lacks on some systems. The first field holds the flags. All others
    // are zero: nothing is shared, nothing is written, and the stack stays.
    let mut arguments = [0_u64; 8];
    arguments[0] = CLONE_PARENT.cast_unsigned().into();
    // SAFETY: the array has the layout and the size that the kernel expects. The call copies this process, which has one thread: the fork
    // server has checked that. The new process runs on a copy of this stack.
    forked(unsafe { syscall(SYS_clone3, arguments.as_ptr(), size_of_val(&arguments)) })
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
