//! The signals of the supervisor.

#![expect(unsafe_code, reason = "signal sets have no safe interface; each use has a safety comment")]

use std::{io, mem, ptr, time::Duration};

use rustix::process::Signal;
use sealkit_protocol::Exit;

use crate::processes;

/// Signals that the supervisor passes on to the task.
const PASSED_ON: [i32; 7] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGUSR1, libc::SIGUSR2, libc::SIGWINCH];

/// The signal that the kernel sends when the engine has died.
pub(super) const ENGINE_DIED: Signal = Signal::POWER;

/// What [`wait`] returns for.
pub(super) enum Received {
    /// A child has changed its state.
    Child,
    /// The child has reported something.
    Report,
    /// The engine has died.
    EngineDied,
    /// A signal to pass on.
    Other(Signal),
    /// The time is over.
    TimedOut,
}

/// The signals that were blocked before [`block`].
pub(super) struct Blocked(libc::sigset_t);

/// Blocks the signals that [`wait`] receives.
///
/// A blocked signal stays pending even where its default action is to ignore it, and in the first process of a container, which ignores
/// every signal without a handler.
pub(super) fn block() -> Blocked {
    // A parent may have ignored it; then the system would reap the child.
    set_default(libc::SIGCHLD);
    let mut before = empty();
    // SAFETY: both sets are initialized, and `before` outlives the call.
    unsafe { libc::sigprocmask(libc::SIG_BLOCK, &awaited(), &raw mut before) };
    Blocked(before)
}

impl Blocked {
    pub(super) fn restore(self) {
        // SAFETY: the set is the one that `sigprocmask` has returned. A null pointer asks for no former set.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut()) };
    }
}

/// Waits for a blocked signal.
pub(super) fn wait(timeout: Option<Duration>) -> io::Result<Received> {
    // Long waits are cut: the field of seconds may have 32 bits.
    let timeout = timeout.map(|timeout| timeout.min(Duration::from_secs(86_400)));
    let time = timeout.map(|timeout| {
        // SAFETY: all fields of a `timespec` are integers, for which zero is valid. Some systems have padding, so it has no literal.
        let mut time: libc::timespec = unsafe { mem::zeroed() };
        time.tv_sec = libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX);
        time.tv_nsec = timeout.subsec_nanos().cast_signed().into();
        time
    });
    loop {
        let awaited = awaited();
        // SAFETY: the set is initialized, the pointer to the time is null or points to a valid time, and no information is asked for.
        let number = unsafe {
            libc::sigtimedwait(
                &raw const awaited,
                ptr::null_mut(),
                time.as_ref().map_or(ptr::null(), ptr::from_ref),
            )
        };
        match number {
            libc::SIGCHLD => return Ok(Received::Child),
            libc::SIGURG => return Ok(Received::Report),
            libc::SIGPWR => return Ok(Received::EngineDied),
            _ => {}
        }
        if let Some(signal) = Signal::from_named_raw(number).filter(|_| number > 0) {
            return Ok(Received::Other(signal));
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN) => return Ok(Received::TimedOut),
            Some(libc::EINTR) => {}
            _ => return Err(error),
        }
    }
}

/// Ends this process as another one has ended.
pub(super) fn exit_like(how: Exit) -> ! {
    if let Exit::Signal(number) = how {
        set_default(number);
        let mut set = empty();
        // SAFETY: the set is initialized. An invalid number is an error, which changes nothing. Signalling this process has no
        // conditions.
        unsafe {
            libc::sigaddset(&raw mut set, number);
            libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
            // Not `raise`: the C library may not know the number of a process that the fork server has created.
            libc::kill(libc::getpid(), number);
        }
    }
    processes::exit(match how {
        Exit::Code(code) => code,
        Exit::Signal(_) => 1,
    })
}

/// Makes a write to a pipe without a reader an error. The runtime of Rust does so, but only for `main`.
pub(super) fn ignore_broken_pipes() {
    // SAFETY: to ignore a signal, there is no handler function.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

fn set_default(number: i32) {
    // SAFETY: the default action has no handler function.
    unsafe { libc::signal(number, libc::SIG_DFL) };
}

fn empty() -> libc::sigset_t {
    let mut set = mem::MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initializes the set.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        set.assume_init()
    }
}

fn awaited() -> libc::sigset_t {
    let mut set = empty();
    for number in PASSED_ON.into_iter().chain([libc::SIGCHLD, libc::SIGURG, libc::SIGPWR]) {
        // SAFETY: the set is initialized, and the number is that of a signal.
        unsafe { libc::sigaddset(&raw mut set, number) };
    }
    set
}
