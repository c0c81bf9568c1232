//! Threads that do one piece of work after another: to start a thread takes longer than most calls of cached tasks.

use std::{
    io,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use crate::engine::lock;

/// The largest number of idle threads: most threads wait for pods at the same time, and few work.
const MAX_IDLE: usize = 32;

type Work = Box<dyn FnOnce() + Send>;

/// The threads of a run. They end when it is dropped.
#[derive(Default)]
pub(crate) struct Workers {
    /// Those that wait for work.
    idle: Mutex<Vec<mpsc::Sender<Work>>>,
}

impl Workers {
    /// Does `work` on another thread, which is started unless one is idle.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no resources for another thread.
    pub(crate) fn spawn(self: &Arc<Self>, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut work: Work = Box::new(work);
        let idle = lock(&self.idle).pop();
        if let Some(idle) = idle {
            match idle.send(work) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(unsent)) => work = unsent,
            }
        }
        let workers = Arc::downgrade(self);
        thread::Builder::new().spawn(move || {
            loop {
                work();
                let next = workers.upgrade().and_then(|workers| workers.register_idle());
                let Some(Ok(next)) = next.map(|next| next.recv()) else { return };
                work = next;
            }
        })?;
        Ok(())
    }

    /// Registers the calling thread as idle. Returns what it receives its next work from, unless enough threads are idle.
    fn register_idle(&self) -> Option<mpsc::Receiver<Work>> {
        let mut idle = lock(&self.idle);
        (idle.len() < MAX_IDLE).then(|| {
            let (sender, receiver) = mpsc::channel();
            idle.push(sender);
            receiver
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_by_idle_threads_which_end_with_the_run() {
        let workers = Arc::new(Workers::default());
        let work = || {
            let (sender, receiver) = mpsc::channel();
            workers.spawn(move || sender.send(thread::current().id()).unwrap()).unwrap();
            receiver.recv().unwrap()
        };
        let wait_for = |count| {
            while lock(&workers.idle).len() != count {
                thread::yield_now();
            }
        };
        let first = work();
        wait_for(1);
        assert_eq!(work(), first);
        wait_for(1);
        // Two pieces of work that wait for each other.
        let (sender, receiver) = mpsc::channel();
        workers.spawn(move || receiver.recv().unwrap()).unwrap();
        workers.spawn(move || sender.send(()).unwrap()).unwrap();
        wait_for(2);
        let (alive, ended) = mpsc::channel::<()>();
        let last = Arc::downgrade(&workers);
        workers
            .spawn(move || {
                let _alive = alive;
                while last.strong_count() > 0 {
                    thread::yield_now();
                }
            })
            .unwrap();
        drop(workers);
        assert!(ended.recv().is_err());
    }
}
