//! Timeouts of pods.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// A running timeout; dropping it stops the clock.
#[derive(Debug)]
pub(crate) struct Timeout {
    expired: Arc<AtomicBool>,
    _is_running: mpsc::Sender<()>,
}

impl Timeout {
    /// Starts the clock: `terminate` is called when `limit` has passed.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no resources for another thread.
    pub(crate) fn start(
        limit: Option<Duration>,
        terminate: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (running, finished) = mpsc::channel::<()>();
        let expired = Arc::new(AtomicBool::new(false));
        if let Some(limit) = limit {
            let expired = expired.clone();
            thread::Builder::new().spawn(move || {
                if finished.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    expired.store(true, Ordering::SeqCst);
                    terminate();
                }
            })?;
        }
        Ok(Self { expired, _is_running: running })
    }

    /// Returns whether the limit has passed.
    pub(crate) fn timed_out(&self) -> bool {
        self.expired.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_terminates_once_and_a_dropped_one_never() {
        let (terminated, receiver) = mpsc::channel();
        let timeout =
            Timeout::start(Some(Duration::from_millis(1)), move || terminated.send(()).unwrap()).unwrap();
        receiver.recv().unwrap();
        assert!(timeout.timed_out());
        assert!(receiver.recv().is_err());

        let (terminated, receiver) = mpsc::channel::<()>();
        let timeout = Timeout::start(Some(Duration::from_secs(1000)), move || drop(terminated)).unwrap();
        assert!(!timeout.timed_out());
        drop(timeout);
        assert!(receiver.recv().is_err());
    }
}
