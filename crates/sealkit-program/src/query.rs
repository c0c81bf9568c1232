//! Queries: the program is started to answer questions about its tasks.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use sealkit_names::variables;
use sealkit_protocol::{
    Answer, Problem, Query,
    fork_server::Start,
    frame,
    mounts::{self, SecretVariable},
    query::{self, Question, Reply},
};

use crate::{
    deadline::Deadline,
    error::{BUILD_AGAIN, Error, Result},
    fork_server::{self, ForkServer, Variables},
};

/// The errors of the system for a file that is not a program.
const EACCES: i32 = 13;
const ENOEXEC: i32 = 8;
/// How much of the program's standard error is kept for the message of an error.
const MAX_STDERR: u64 = 4096;
/// How long standard error is read after the program has exited: another process may hold it open.
const STDERR_TIMEOUT: Duration = Duration::from_millis(500);

/// A program that was started to answer questions. Whatever it prints is ignored.
#[derive(Debug)]
pub(crate) struct Conversation {
    child: Child,
    socket: UnixStream,
    /// The first message of a program that forks a server, and the end of the server.
    start: Option<(Start, OwnedFd)>,
    /// Receives the first line of its standard error when it has ended.
    stderr: mpsc::Receiver<String>,
}

impl Conversation {
    /// Starts `program`.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be started.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.env(variables::ENGINE, std::process::id().to_string());
        // The program is not a pod, even if this command runs in one.
        command.env_remove(variables::EXECUTION_ID).env_remove(variables::FORK_SERVER);
        Self::spawn(command, program, None)
    }

    /// Starts `program` with these variables, and with those of this process that the loader reads. Before it receives the others, it
    /// forks a server.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be started.
    pub(crate) fn start_with_fork_server(
        program: &Path,
        variables: &Variables,
    ) -> Result<(Self, ForkServer)> {
        let engine = std::process::id().to_string();
        let not_passed = [variables::EXECUTION_ID, variables::FORK_SERVER];
        let own = env::vars_os().filter(|(name, _)| !not_passed.iter().any(|reserved| name == reserved));
        let mut own: Variables = own.collect();
        let mut variables = variables.clone();
        // Without the libraries that this process finds, it may not be able to answer.
        for (name, value) in own.iter().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"LD_")) {
            variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let mut command = Command::new(program);
        command.env_clear().envs(&variables).env(variables::FORK_SERVER, "1").env(variables::ENGINE, &engine);
        own.insert(variables::ENGINE.into(), engine.into());
        let start = fork_server::start_message(&[], &own);
        let (server, of_program) =
            ForkServer::new(&variables).map_err(|error| cannot_start(program, error))?;
        Ok((Self::spawn(command, program, Some((start, of_program)))?, server))
    }

    fn spawn(mut command: Command, program: &Path, start: Option<(Start, OwnedFd)>) -> Result<Self> {
        let cannot_start = |error| cannot_start(program, error);
        let (socket, program_socket) = UnixStream::pair().map_err(cannot_start)?;
        command.arg(query::COMMAND);
        command.stdin(OwnedFd::from(program_socket)).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(cannot_start)?;
        // The command holds the program's end of the socket: a read from ours would never end.
        drop(command);
        let stderr = first_line(&mut child).map_err(|error| {
            let _ = child.kill();
            cannot_start(error)
        })?;
        Ok(Self { child, socket, start, stderr })
    }

    /// Asks a question. Returns the reply and the secrets that follow it, or the problem that the program reports.
    ///
    /// # Errors
    ///
    /// Returns an error if the program does not answer within `timeout`, or has another version of the protocol. It cannot be asked
    /// again then.
    pub(crate) fn ask(
        &mut self,
        program: &Path,
        timeout: Duration,
        question: Question,
    ) -> Result<Result<(Reply, Vec<SecretVariable>), Problem>> {
        let name = program.display().to_string();
        let socket = Deadline::new(&self.socket, timeout);
        // A program that does not read the question does not answer it either.
        let start = self.start.take().map_or(Ok(()), |(start, server)| {
            fork_server::send_start(&self.socket, &socket, &start, &server)
        });
        let answer = start
            .and_then(|()| frame::write(&socket, &Query::new(question)))
            .and_then(|()| frame::read::<Answer>(&socket));
        let answer = answer.and_then(|answer| {
            let Some(answer) = answer else { return Ok(None) };
            let secrets = match answer.reply {
                Some(Reply::Secrets(())) => mounts::receive(&socket)?,
                _ => Vec::new(),
            };
            Ok(Some((answer, secrets)))
        });
        let (answer, secrets) = match answer {
            Ok(Some(answer)) => answer,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Err(no_answer_in_time(&name, timeout));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(misunderstood(&name, &error.to_string()));
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(misunderstood(&name, "incomplete"));
            }
            Ok(None) | Err(_) => {
                let _ = self.child.kill();
                return Err(no_answer(&name, &self.stderr.recv_timeout(STDERR_TIMEOUT).unwrap_or_default()));
            }
        };
        answer.hello.check_program(&name)?;
        match answer.reply {
            Some(Reply::Problem(problem)) => Ok(Err(problem)),
            Some(reply) => Ok(Ok((reply, secrets))),
            None => Err(unexpected(program)),
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It has nothing else to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cannot_start(program: &Path, error: io::Error) -> Error {
    let is_other_file = matches!(error.raw_os_error(), Some(EACCES | ENOEXEC));
    let error = Error::io(format!("cannot start `{}`", program.display()), error);
    if is_other_file { error.with_hint("the name of a source file has to end in `.rs`") } else { error }
}

/// The error for a reply to another question.
pub(crate) fn unexpected(program: &Path) -> Error {
    Error::new(format!("`{}` gave an unexpected answer", program.display())).with_hint(BUILD_AGAIN)
}

/// Reads standard error to its end, and sends its first line.
fn first_line(child: &mut Child) -> io::Result<mpsc::Receiver<String>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        thread::Builder::new().spawn(move || {
            let mut stderr = BufReader::new(stderr);
            let mut line = Vec::new();
            // The message of a panic begins with an empty line.
            while line.trim_ascii().is_empty()
                && stderr
                    .by_ref()
                    .take(MAX_STDERR)
                    .read_until(b'\n', &mut line)
                    .is_ok_and(|length| length > 0)
            {}
            let _ = sender.send(sealkit_names::escape(String::from_utf8_lossy(&line).trim()));
            // A program whose pipe is full would wait.
            let _ = io::copy(&mut stderr, &mut io::sink());
        })?;
    }
    Ok(receiver)
}

fn misunderstood(program: &str, reason: &str) -> Error {
    Error::new(format!("cannot understand the answer of `{program}`: it is {reason}")).with_hint(BUILD_AGAIN)
}

fn no_answer(program: &str, stderr: &str) -> Error {
    let reason = if stderr.is_empty() { String::new() } else { format!(": {stderr}") };
    Error::new(format!("`{program}` does not describe its tasks{reason}")).with_hint(
        "call sealkit in its `main`: fn main() -> std::process::ExitCode { sealkit::main() }; \
         if it does, build it again with the version of sealkit of this command",
    )
}

fn no_answer_in_time(program: &str, timeout: Duration) -> Error {
    let variable = variables::TIMEOUT;
    Error::new(format!("`{program}` did not describe its tasks within {timeout:?}")).with_hint(format!(
        "call `sealkit::main()` first in its `main`; for a program that starts slowly: {variable}=2m"
    ))
}
