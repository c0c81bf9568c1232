//! Open files that programs inherit.

#![expect(unsafe_code, reason = "`close_range` has no safe interface; its use has a safety comment")]

use libc::{CLOSE_RANGE_CLOEXEC, SYS_close_range, c_uint, syscall};

/// Makes sure that programs that this process starts inherit no open files but the standard ones.
pub fn close_on_exec() {
    const FIRST: c_uint = 3;
    // SAFETY: the call closes nothing; it only sets a flag of the files that are open. Linux 5.11 knows the flag; before, the call is an
    // error without effect, and programs inherit what this process has inherited.
    unsafe { syscall(SYS_close_range, FIRST, c_uint::MAX, CLOSE_RANGE_CLOEXEC) };
}
