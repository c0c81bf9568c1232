//! Continues a pod in a forked child, whose memory no other process can have opened.
//!
//! Another process of the same user can open the memory of this process between its start and the call that forbids it, and keep it
//! open. A forked child has a memory of its own, which is protected from the start. So the process forks and waits, and only the
//! child receives the secrets.

#![expect(
    unsafe_code,
    reason = "`fork`, `_exit`, `signal` and `unshare` are unsafe; each use has a safety comment"
)]

use std::{fs::File, io};

use rustix::{
    process::{
        Pid, Signal, WaitOptions, WaitStatus, getpid, getppid, kill_process, set_parent_process_death_signal,
        waitpid,
    },
    thread::{UnshareFlags, unshare_unsafe},
};

unsafe extern "C" {
    fn fork() -> i32;
    fn _exit(code: i32) -> !;
    fn signal(signal: i32, action: usize) -> usize;
}

/// `SIG_DFL`: the default action.
const DEFAULT: usize = 0;
/// `SIG_IGN`: ignore the signal.
const IGNORE: usize = 1;
/// Signals that ask a whole process group to terminate. The parent ignores them, so that the child decides.
const TERMINATION_SIGNALS: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM];

/// Forks and returns in the child. The parent waits for the child and exits with its status.
///
/// Call this only before `main`.
pub(crate) fn continue_in_child() -> io::Result<()> {
    let parent = getpid();
    // SAFETY: before `main`, this process has one thread. So the child has no locks that another thread held at the fork.
    let child = unsafe { fork() };
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    if let Some(child) = Pid::from_raw(child) {
        wait_and_exit(child);
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the death signal was set.
    if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Moves this process into new namespaces.
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: only `UnshareFlags::FILES` is unsafe, because it splits the file descriptor table of threads. No caller passes it.
    unsafe { unshare_unsafe(flags) }.map_err(io::Error::from)
}

fn wait_and_exit(child: Pid) -> ! {
    for signal in TERMINATION_SIGNALS {
        set_action(signal, IGNORE);
    }
    // Close the engine's socket in the parent, so that the engine notices when the child has exited.
    if let Ok(null) = File::open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(null);
    }
    let status = loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Ok(Some((_, status))) => break Some(status),
            Err(rustix::io::Errno::INTR) | Ok(None) => {}
            Err(_) => break None,
        }
    };
    let code = status.and_then(WaitStatus::exit_status).unwrap_or(1);
    // If a signal terminated the child, terminate the parent by the same signal.
    if let Some(signal) = status.and_then(WaitStatus::terminating_signal)
        && let Some(signal) = Signal::from_named_raw(signal)
    {
        set_action(signal, DEFAULT);
        let _ = kill_process(getpid(), signal);
    }
    // SAFETY: `_exit` accepts any code and does not return. It skips exit handlers, which is correct for a process that
    // never reaches `main`.
    unsafe { _exit(code) }
}

fn set_action(which: Signal, action: usize) {
    // SAFETY: the action is `SIG_DFL` or `SIG_IGN`, so no handler function is installed.
    unsafe { signal(which.as_raw(), action) };
}
