//! A memory that nobody has looked into.
//!
//! Another process of the same user may open the memory of this one in the moment between its start and the call that forbids it,
//! and keep it open. What is forked off afterwards has a memory of its own, and that was closed to others from its beginning. So a
//! pod waits for a copy of itself, and the copy gets the secrets.

#![expect(unsafe_code, reason = "only C can fork and set what a signal does; each use says why it is sound")]

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

/// What is done about a signal: what usually is, and nothing.
const DEFAULT: usize = 0;
const IGNORE: usize = 1;
/// Those by which a whole group is asked to end; the copy decides what to do.
const REQUESTS: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM];

/// Goes on in a copy of this process; the process itself ends as the copy does.
///
/// Only for the time before `main`.
pub(crate) fn go_apart() -> io::Result<()> {
    let waiting = getpid();
    // SAFETY: before `main` there is one thread, so the copy finds no lock that another one held.
    let copy = unsafe { fork() };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    if let Some(copy) = Pid::from_raw(copy) {
        wait_for(copy);
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() == Some(waiting) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Gives this process a view of its own of what these flags name.
pub(crate) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    // SAFETY: what is unsafe is to part threads from their open files, and that is none of what is asked for here.
    unsafe { unshare_unsafe(flags) }.map_err(io::Error::from)
}

fn wait_for(copy: Pid) -> ! {
    for request in REQUESTS {
        set(request, IGNORE);
    }
    // The socket is the copy's alone: the engine is to notice when that has gone.
    if let Ok(null) = File::open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(null);
    }
    let status = loop {
        match waitpid(Some(copy), WaitOptions::empty()) {
            Ok(Some((_, status))) => break Some(status),
            Err(rustix::io::Errno::INTR) | Ok(None) => {}
            Err(_) => break None,
        }
    };
    let code = status.and_then(WaitStatus::exit_status).unwrap_or(1);
    if let Some(ended_by) = status.and_then(WaitStatus::terminating_signal)
        && let Some(ended_by) = Signal::from_named_raw(ended_by)
    {
        set(ended_by, DEFAULT);
        let _ = kill_process(getpid(), ended_by);
    }
    // SAFETY: it takes any number. What is done at a usual exit is not done: nothing has been begun.
    unsafe { _exit(code) }
}

fn set(which: Signal, action: usize) {
    // SAFETY: the action is one of the two that are no functions.
    unsafe { signal(which.as_raw(), action) };
}
