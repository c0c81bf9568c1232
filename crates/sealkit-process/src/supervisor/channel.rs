//! What the process of a task reports to its supervisor.

use std::{io, os::unix::net::UnixDatagram, sync::OnceLock, time::Duration};

use rustix::process::{Signal, getppid, kill_process};

/// A report. SIGURG announces it, whose default action is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The timeout of the task starts now, with this length.
    Timeout(Duration),
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
        let mut bytes = [0; 8];
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

fn encode(report: Report) -> [u8; 8] {
    let number = match report {
        Report::Timeout(limit) => u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).min(u64::MAX - 1),
        Report::Answered => u64::MAX,
    };
    number.to_le_bytes()
}

fn decode(bytes: [u8; 8]) -> Report {
    match u64::from_le_bytes(bytes) {
        u64::MAX => Report::Answered,
        milliseconds => Report::Timeout(Duration::from_millis(milliseconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_arrive_as_they_were_sent() {
        for report in
            [Report::Answered, Report::Timeout(Duration::from_millis(1500)), Report::Timeout(Duration::ZERO)]
        {
            assert_eq!(decode(encode(report)), report);
        }
        assert_ne!(decode(encode(Report::Timeout(Duration::MAX))), Report::Answered);
        let channel = Channel::new().unwrap();
        assert_eq!(channel.read(), None);
        assert_eq!(Channel::none().read(), None);
    }
}
