//! A pod: a process that runs one task.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs::{DirBuilder, File},
    io::{self, BufReader},
    mem,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{fs::DirBuilderExt as _, net::UnixStream},
    },
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, kill_process_group, waitpid},
};
use sealkit_guard::Guard;
use sealkit_idl::{prost::Message, task::Inputs};
use sealkit_names::variables;
use sealkit_program::{Program, Variables};
use sealkit_protocol::{
    Exit, Hello, frame,
    mounts::{self, SecretVariable},
};

use crate::{cache::ResultCache, isolation::Isolation, mounts::Mounts, process, pty::Pty, workers::Workers};

/// The environment variables that a pod inherits, besides those that begin with `LC_` or `RUST_`.
const INHERITED: [&str; 27] = [
    "ALL_PROXY",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "CURL_CA_BUNDLE",
    "FORCE_COLOR",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LOGNAME",
    "NO_COLOR",
    "NO_PROXY",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_RUNTIME_DIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
/// How long the output of a finished pod is read if another process still holds it open.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// The directory of secret files of a pod without any: it must not find those of this machine.
const NO_DIRECTORY: &str = "/nonexistent/secrets";

/// Options that apply to all pods of a run.
#[derive(Clone, Debug)]
pub struct PodOptions {
    /// Environment variables to set.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether pods inherit the whole environment, and not only the variables that programs usually need.
    pub inherit_environment: bool,
    /// Variables that pods do not inherit in any case: they hold secrets.
    pub hidden_variables: Vec<String>,
    /// Whether other processes of the same user may inspect pods.
    pub debuggable: bool,
    /// How pods are isolated from other processes of the same user.
    pub isolation: Isolation,
    /// The time between SIGTERM and SIGKILL for a pod that has to end.
    pub grace_period: Duration,
    /// Whether the task of the run has the standard input of this process. That of other tasks is empty.
    pub stdin: bool,
    /// The domain that pods run in.
    pub domain: Option<String>,
    /// The project that pods run in.
    pub project: Option<String>,
    /// The results of earlier calls. Without it, nothing is cached.
    pub cache: Option<ResultCache>,
}

/// The default of [`PodOptions::grace_period`], as in Kubernetes.
pub const GRACE_PERIOD: Duration = Duration::from_secs(30);

impl Default for PodOptions {
    fn default() -> Self {
        Self {
            environment: Vec::new(),
            inherit_environment: false,
            hidden_variables: Vec::new(),
            debuggable: false,
            isolation: Isolation::default(),
            grace_period: GRACE_PERIOD,
            stdin: false,
            domain: None,
            project: None,
            cache: None,
        }
    }
}

impl PodOptions {
    /// Returns the variables that the task or the command line sets: the command line takes precedence.
    pub(crate) fn set_variables<'a>(
        &'a self,
        of_task: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a OsStr, &'a OsStr)> {
        let own = of_task.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
        let is_overridden = |name: &OsStr| self.environment.iter().any(|(known, _)| known == name);
        let given = self.environment.iter().map(|(name, value)| (&**name, &**value));
        own.filter(move |(name, _)| !is_overridden(name)).chain(given)
    }

    /// Opens the program at `path`, whose pods have these options. It has `timeout` to answer each question.
    ///
    /// On Linux, the program also forks a server for the pods. The calling thread has to live as long as the run.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Program::open`].
    pub fn open(&self, path: &Path, timeout: Duration) -> sealkit_program::Result<Program> {
        // The program and the pods get no files of the shell.
        sealkit_process::close_on_exec();
        // A debugger expects the program itself.
        if self.isolation == Isolation::Private && !self.debuggable {
            Program::open_with_fork_server(path, timeout, &self.variables())
        } else {
            Program::open(path, timeout)
        }
    }

    /// Returns the variables that all pods have, unless they hold a secret of the pod.
    pub(crate) fn variables(&self) -> Variables {
        self.inherited_variables().chain(self.environment.iter().cloned()).collect()
    }

    /// Returns the variables that all pods inherit.
    fn inherited_variables(&self) -> impl Iterator<Item = (OsString, OsString)> {
        env::vars_os()
            .filter(|(name, _)| self.inherit_environment || is_inherited(name))
            .filter(|(name, _)| !self.hidden_variables.iter().any(|hidden| name == hidden.as_str()))
            .filter(|(name, _)| !name.to_str().is_some_and(variables::is_reserved))
    }
}

/// A pod to start.
pub(crate) struct Pod<'a> {
    pub(crate) program: &'a Program,
    pub(crate) task: &'a str,
    /// The environment variables of the task.
    pub(crate) env: &'a BTreeMap<String, String>,
    pub(crate) run: &'a str,
    pub(crate) action: &'a str,
    pub(crate) attempt: u32,
    /// The directory for the files of the task, if tasks have any.
    pub(crate) data: Option<&'a Path>,
    /// The directory of secrets that are files, if there are any.
    pub(crate) secrets: Option<&'a Path>,
    /// Whether it hides this directory.
    pub(crate) hides_files: bool,
    pub(crate) mounts: Mounts,
    pub(crate) options: &'a PodOptions,
    /// Whether it has the standard input of this process.
    pub(crate) stdin: bool,
    pub(crate) guard: Arc<Guard>,
    pub(crate) workers: &'a Arc<Workers>,
}

/// A running pod.
pub(crate) struct RunningPod {
    socket: Arc<PodSocket>,
    process: Pid,
    terminal: Option<Arc<File>>,
    output_closed: mpsc::Receiver<()>,
}

/// What a pod needs to start its task.
pub(crate) struct StartMessages {
    stdin: bool,
    secrets: Vec<SecretVariable>,
    inputs: Inputs,
}

/// The engine's end of the socket of a pod.
pub(crate) struct PodSocket {
    stream: UnixStream,
    /// Held while a message is sent, so that messages do not interleave.
    sending: Mutex<()>,
}

impl PodSocket {
    /// Returns what the messages of the pod are read from.
    pub(crate) fn reader(&self) -> BufReader<&UnixStream> {
        BufReader::new(&self.stream)
    }

    /// Sends a message.
    pub(crate) fn send(&self, message: &impl Message) -> io::Result<()> {
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(&self.stream, message)
    }

    /// Sends the version of the protocol, and the secrets and inputs of the pod. It may block until the pod reads them or exits.
    pub(crate) fn send_start(&self, start: &StartMessages) -> io::Result<()> {
        let _sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        if start.stdin {
            self.send_stdin()?;
        }
        frame::write(&self.stream, &Hello::current())?;
        mounts::send(&self.stream, &start.secrets)?;
        frame::write(&self.stream, &start.inputs)
    }

    /// Sends the standard input of this process: a process takes over three files when it starts, and the socket is one of them.
    fn send_stdin(&self) -> io::Result<()> {
        sealkit_program::send_files(&self.stream, 0, &[io::stdin().as_fd()])
    }
}

impl Pod<'_> {
    /// Starts the process. Returns what has to be sent to it.
    ///
    /// The calling thread has to wait for the pod: Linux kills a pod that is not forked when the thread ends.
    pub(crate) fn start(
        &mut self,
        inputs: &Inputs,
        print: impl Fn(&[u8]) + Clone + Send + 'static,
    ) -> io::Result<(RunningPod, StartMessages)> {
        if let Some(secrets) = self.secrets {
            DirBuilder::new().mode(0o700).recursive(true).create(secrets)?;
        }
        let (workers, guard) = (self.workers, self.guard.clone());
        let (open, output_closed) = mpsc::channel();
        let mut terminal = None;
        let outputs = || {
            let (sources, of_pod): (Vec<Arc<File>>, _) = if let Some(Pty { master, replica }) = Pty::open() {
                let master = Arc::new(master);
                terminal = Some(master.clone());
                (vec![master], [replica.try_clone()?, replica])
            } else {
                let ((stdout, of_stdout), (stderr, of_stderr)) = (io::pipe()?, io::pipe()?);
                let sources = [stdout, stderr].map(|pipe| Arc::new(File::from(OwnedFd::from(pipe))));
                (sources.into(), [of_stdout.into(), of_stderr.into()])
            };
            workers.spawn(move || {
                sealkit_process::forward(sources.iter().map(|file| &**file), &guard, print);
                drop(open);
            })?;
            Ok(of_pod)
        };
        let variables = (self.variables(), self.variables_of_engine());
        let (process, stream) =
            process::start(self.program, &self.arguments(), variables.0, variables.1, outputs)?;
        let socket = Arc::new(PodSocket { stream, sending: Mutex::new(()) });
        let (stdin, secrets) = (self.stdin, mem::take(&mut self.mounts.variables));
        let start = StartMessages { stdin, secrets, inputs: inputs.clone() };
        Ok((RunningPod { socket, process, terminal, output_closed }, start))
    }

    fn arguments(&self) -> Vec<OsString> {
        let arguments = ["execute", "--task", self.task, "--name", self.action, "--run-name", self.run];
        let mut arguments: Vec<OsString> = arguments.map(OsString::from).into();
        if let Some(data) = self.data {
            arguments.extend(["--raw-data-path".into(), data.into()]);
        }
        arguments
    }

    /// Returns the variables that are inherited or set.
    fn variables(&self) -> Variables {
        let is_secret =
            |name: &OsStr| self.mounts.variables.iter().any(|variable| name == variable.name.as_str());
        let set = self.options.set_variables(self.env).map(|(name, value)| (name.into(), value.into()));
        self.options.inherited_variables().chain(set).filter(|(name, _)| !is_secret(name)).collect()
    }

    /// Returns the variables that the engine sets.
    fn variables_of_engine(&self) -> Variables {
        let (options, mut all) = (self.options, Variables::new());
        let mut set =
            |name: &str, value: &dyn AsRef<OsStr>| drop(all.insert(name.into(), value.as_ref().to_owned()));
        set(variables::ENGINE, &std::process::id().to_string());
        if let Some(secrets) = self.secrets.filter(|_| self.hides_files) {
            set(variables::MOUNTS, &secrets);
        }
        set(variables::DEFAULT_DIR, &self.secrets.unwrap_or(Path::new(NO_DIRECTORY)));
        if self.stdin {
            set(variables::STDIN, &"1");
        }
        if options.debuggable {
            set(variables::DEBUGGABLE, &"1");
        }
        if options.isolation == Isolation::Process {
            set(variables::PROCESS_ISOLATION, &"1");
        }
        set(variables::EXECUTION_ID, &self.run);
        set(variables::RUN_NAME, &self.run);
        set(variables::ACTION_NAME, &self.action);
        set(variables::ATTEMPT, &self.attempt.to_string());
        set(variables::TASK_NAME, &self.task);
        for (name, value) in variables::EXECUTION_SCOPE.into_iter().zip([&options.domain, &options.project]) {
            if let Some(value) = value {
                set(name, value);
            }
        }
        set(variables::ENV_PREFIX, &variables::ENGINE_ENV_PREFIX);
        for (name, path) in &self.mounts.paths {
            set(name, path);
        }
        all
    }
}

impl RunningPod {
    pub(crate) fn terminal(&self) -> Option<Arc<File>> {
        self.terminal.clone()
    }

    pub(crate) fn socket(&self) -> Arc<PodSocket> {
        self.socket.clone()
    }

    /// Returns the process of the pod, which leads a process group and a session.
    pub(crate) fn process(&self) -> Pid {
        self.process
    }

    /// Waits for the pod to exit and kills the rest of its process group. Calls `stopped` with the signal whenever the pod is stopped.
    pub(crate) fn wait(self, stopped: impl Fn(i32)) -> io::Result<Exit> {
        let exit = loop {
            let changed = waitpid(Some(self.process), WaitOptions::UNTRACED);
            let status = match changed {
                Ok(Some((_, status))) => status,
                Ok(None) | Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let code = status.exit_status().map(Exit::Code);
            if let Some(exit) = code.or_else(|| status.terminating_signal().map(Exit::Signal)) {
                break exit;
            }
            if let Some(signal) = status.stopping_signal() {
                stopped(signal);
            }
        };
        let _ = kill_process_group(self.process, Signal::KILL);
        // The channel closes when all output has been read; a process that left the group may hold the output open.
        let _ = self.output_closed.recv_timeout(OUTPUT_TIMEOUT);
        Ok(exit)
    }
}

fn is_inherited(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| INHERITED.contains(&name) || name.starts_with("LC_") || name.starts_with("RUST_"))
}
