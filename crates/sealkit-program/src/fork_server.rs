//! The fork server of a program, which forks the pods of a run.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    io::{self, IoSlice, Read as _},
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::{ffi::OsStrExt as _, net::UnixStream},
    },
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::{
    net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg},
    process::Pid,
};
use sealkit_protocol::{
    Hello,
    fork_server::{Forked, Start},
    frame,
};

/// The time for each answer. A server that was stopped does not answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Environment variables.
pub type Variables = BTreeMap<OsString, OsString>;

/// The connection to the fork server of a program.
pub(crate) struct ForkServer {
    /// Closed once the server has not answered.
    socket: Mutex<Option<UnixStream>>,
    /// The variables that the program was started with.
    variables: Variables,
}

/// Shows nothing of the variables, which may hold secrets.
impl fmt::Debug for ForkServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForkServer").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl ForkServer {
    /// Creates a connection. Returns the end of the program, too, which is started with `variables`.
    pub(crate) fn new(variables: &Variables) -> io::Result<(Self, OwnedFd)> {
        let (socket, of_program) = UnixStream::pair()?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        let server = Self { socket: Mutex::new(Some(socket)), variables: variables.clone() };
        Ok((server, of_program.into()))
    }

    /// Forks a process with this standard input, output and error. It has to receive a [`start_message`] next.
    ///
    /// Returns `None` if the server does not answer, or if other `variables` than its own are set for the process.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no resources for another process.
    pub(crate) fn fork(&self, variables: &Variables, files: [BorrowedFd<'_>; 3]) -> io::Result<Option<Pid>> {
        if *variables != self.variables {
            return Ok(None);
        }
        let mut server = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut socket) = server.as_ref() else { return Ok(None) };
        let mut answer = [0; size_of::<Forked>()];
        if send_files(socket, 0, &files).and_then(|()| socket.read_exact(&mut answer)).is_err() {
            // A later answer would be taken for that of the next process.
            *server = None;
            return Ok(None);
        }
        match Forked::from_le_bytes(answer) {
            error @ ..0 => Err(io::Error::from_raw_os_error(-error)),
            process => Ok(Pid::from_raw(process)),
        }
    }
}

/// Returns the first message of a process that was forked, or of a program that forks a server.
pub fn start_message(arguments: &[OsString], environment: &Variables) -> Start {
    let variable = |(name, value): (&OsString, &OsString)| [name.as_bytes(), b"=", value.as_bytes()].concat();
    Start {
        hello: Hello::current(),
        arguments: arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect(),
        environment: environment.iter().map(variable).collect(),
    }
}

/// Sends the first message of a program that forks a server, with the end of the server. All but the first byte goes through `writer`.
pub(crate) fn send_start(
    socket: &UnixStream,
    mut writer: impl io::Write,
    start: &Start,
    server: &OwnedFd,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, start)?;
    send_files(socket, bytes[0], &[server.as_fd()])?;
    writer.write_all(&bytes[1..])
}

/// Sends a byte with up to three files.
///
/// # Errors
///
/// Returns an error if the other end is closed.
pub fn send_files(socket: &UnixStream, byte: u8, files: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(files));
    sendmsg(socket, &[IoSlice::new(&[byte])], &mut control, SendFlags::empty())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_not_shown() {
        let variables = Variables::from([("TOKEN".into(), "k3Jq-71xT/wPz".into())]);
        let (server, _) = ForkServer::new(&variables).unwrap();
        let start = start_message(&["execute".into()], &variables);
        let shown = format!("{server:?} {start:?}");
        assert!(shown.contains("execute") && !shown.contains("k3Jq"), "{shown}");
        // As bytes.
        assert!(!shown.contains("107, 51"), "{shown}");
    }
}
