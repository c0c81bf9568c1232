//! What the process of a task reports to its supervisor.

use std::{io, os::unix::net::UnixDatagram, sync::OnceLock, time::Duration};

use rustix::process::{Signal, getppid, kill_process};
use sealkit_protocol::TimeLimit;

/// A report. SIGURG announces it, whose default action is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The time limit of the task starts now.
    TimeLimit(TimeLimit),
    /// The answer is written, or cannot be written.
    Answered,
}

/// The end of the process that runs the task.
static OF_TASK: OnceLock<UnixDatagram> = OnceLock::new();

/// Both ends, before the fork; afterwards each process uses its own.
pub(super) struct Channel(Option<[UnixDatagram; 2]>);

impl Channel {
    /// Returns a channel that carries nothing.
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn new() -> io::Result<Self> {
        let (supervisor, task) = UnixDatagram::pair()?;
        supervisor.set_nonblocking(true)?;
        task.set_nonblocking(true)?;
        Ok(Self(Some([supervisor, task])))
    }

    /// Makes this process the one that reports.
    pub(super) fn report_from_here(self) {
        if let Some([_, task]) = self.0 {
            let _ = OF_TASK.set(task);
        }
    }

    /// Returns the next report, if there is one.
    pub(super) fn read(&self) -> Option<Report> {
        let mut bytes = [0; LENGTH];
        let [supervisor, _] = self.0.as_ref()?;
        (supervisor.recv(&mut bytes).ok()? == bytes.len()).then(|| decode(bytes))
    }
}

/// Reports to the supervisor of this process, if it has one.
pub(crate) fn report(report: Report) {
    if let Some(channel) = OF_TASK.get() {
        // A supervisor that does not read is gone.
        if channel.send(&encode(report)).is_ok()
            && let Some(supervisor) = getppid()
        {
            let _ = kill_process(supervisor, Signal::URG);
        }
    }
}

/// Two numbers: the time that is left, and the deadline. `NONE` stands for an answer, and for no deadline.
const LENGTH: usize = 16;
const NONE: u64 = u64::MAX;

fn encode(report: Report) -> [u8; LENGTH] {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(NONE).min(NONE - 1);
    let (left, deadline) = match report {
        Report::TimeLimit(TimeLimit { left, deadline }) => {
            (milliseconds(left), deadline.map_or(NONE, milliseconds))
        }
        Report::Answered => (NONE, NONE),
    };
    (u128::from(deadline) << 64 | u128::from(left)).to_le_bytes()
}

fn decode(bytes: [u8; LENGTH]) -> Report {
    let numbers = u128::from_le_bytes(bytes);
    let duration = |number: u128| match u64::try_from(number).unwrap_or(NONE) {
        NONE => None,
        milliseconds => Some(Duration::from_millis(milliseconds)),
    };
    match duration(numbers & u128::from(NONE)) {
        Some(left) => Report::TimeLimit(TimeLimit { left, deadline: duration(numbers >> 64) }),
        None => Report::Answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_arrive_as_they_were_sent() {
        let limit = |left, deadline| Report::TimeLimit(TimeLimit { left, deadline });
        let short = Duration::from_millis(1500);
        for report in [
            Report::Answered,
            limit(short, None),
            limit(Duration::ZERO, Some(short)),
            limit(short, Some(Duration::ZERO)),
        ] {
            assert_eq!(decode(encode(report)), report);
        }
        assert_ne!(decode(encode(limit(Duration::MAX, None))), Report::Answered);
        let channel = Channel::new().unwrap();
        assert_eq!(channel.read(), None);
        assert_eq!(Channel::none().read(), None);
    }
}
