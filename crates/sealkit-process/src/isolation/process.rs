//! The isolation that every Unix system has: the pod is a process of its own.
//!
//! Other processes of the same user can read its memory, as far as the system allows debuggers to, and its secret files.

use std::{os::unix::net::UnixStream, thread, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Signal, kill_current_process_group},
};

/// The pause after `poll` returned although the engine is alive: macOS reports data that another thread has not read yet.
const PAUSE: Duration = Duration::from_millis(100);

/// A process of its own, and nothing more.
pub(crate) struct Process;

impl super::Isolation for Process {
    fn bind_to_engine(&self, socket: &'static UnixStream) {
        // The last step before `main`: the thread reads neither the environment nor the secrets.
        thread::spawn(|| {
            wait_for_hang_up(socket);
            let _ = kill_current_process_group(Signal::KILL);
        });
    }
}

/// Waits until no process has the other end of the socket open, without reading from the socket.
fn wait_for_hang_up(socket: &UnixStream) {
    loop {
        let mut polled = [PollFd::new(socket, PollFlags::HUP)];
        if poll(&mut polled, None).is_ok() && polled[0].revents().contains(PollFlags::HUP) {
            return;
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        sync::mpsc,
    };

    use super::*;

    #[test]
    fn a_closed_socket_is_noticed_and_data_is_left_to_its_reader() {
        let (mut engine, pod) = UnixStream::pair().unwrap();
        let (sender, hang_up) = mpsc::channel();
        let watched = pod.try_clone().unwrap();
        thread::spawn(move || {
            wait_for_hang_up(&watched);
            sender.send(()).unwrap();
        });
        engine.write_all(b"data").unwrap();
        assert!(hang_up.recv_timeout(PAUSE * 3).is_err());
        let mut data = [0; 4];
        (&pod).read_exact(&mut data).unwrap();
        assert_eq!(&data, b"data");
        drop(engine);
        hang_up.recv().unwrap();
    }
}
