//! A pod: a process that runs one task.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File},
    io::{self, Read as _},
    mem,
    os::{
        fd::OwnedFd,
        unix::{
            fs::DirBuilderExt as _,
            net::UnixStream,
            process::{CommandExt as _, ExitStatusExt as _},
        },
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags},
    process::{Pid, Signal, kill_process_group},
};
use sealkit_guard::Guard;
use sealkit_idl::{
    prost::Message as _,
    task::{Inputs, Outputs},
};
use sealkit_names::variables;
use sealkit_program::{Error, Result};
use sealkit_protocol::{Code, ErrorFile, Hello, Problem, frame, mounts as protocol_mounts};

use crate::{isolation::Isolation, mounts::Mounts, output, pty::Pty};

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

/// Held while a pod is started. Some systems mark descriptors close-on-exec only after creating them: a process that starts at that
/// moment would inherit the socket of the pod.
static STARTING: Mutex<()> = Mutex::new(());

/// Options that apply to all pods of a run.
#[derive(Clone, Debug, Default)]
pub struct PodOptions {
    /// Environment variables to set.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether pods inherit the whole environment, and not only the variables that programs usually need.
    pub inherit_environment: bool,
    /// Whether other processes of the same user may inspect pods.
    pub debuggable: bool,
    /// How pods are isolated from other processes of the same user.
    pub isolation: Isolation,
    /// The domain that pods run in.
    pub domain: Option<String>,
    /// The project that pods run in.
    pub project: Option<String>,
}

/// The result of a task.
#[derive(Debug)]
pub struct Success {
    /// The outputs as Flyte's message.
    pub outputs: Outputs,
    /// The output as one line of JSON.
    pub json: String,
}

/// A pod to start.
pub(crate) struct Pod<'a> {
    pub(crate) program: &'a Path,
    pub(crate) task: &'a str,
    pub(crate) run: &'a str,
    pub(crate) action: &'a str,
    pub(crate) attempt: u32,
    pub(crate) directory: PathBuf,
    pub(crate) mounts: Mounts,
    pub(crate) options: &'a PodOptions,
    pub(crate) guard: Arc<Guard>,
}

/// A running pod.
pub(crate) struct RunningPod {
    child: Child,
    pub(crate) socket: UnixStream,
    group: Pid,
    output_closed: mpsc::Receiver<()>,
}

impl Pod<'_> {
    /// Starts the process and sends it its secrets.
    ///
    /// The calling thread has to wait for the pod: Linux kills the pod when the thread ends.
    pub(crate) fn start(
        &mut self,
        inputs: &Inputs,
        print: impl Fn(&[u8]) + Clone + Send + 'static,
    ) -> Result<RunningPod> {
        let task = self.task;
        let cannot_start =
            |error: io::Error| Error::io(format!("cannot start the pod of task `{task}`"), error);
        DirBuilder::new().mode(0o700).create(&self.directory).map_err(cannot_start)?;
        if self.mounts.has_files() {
            DirBuilder::new().mode(0o700).create(self.secrets()).map_err(cannot_start)?;
        }
        let inputs_path = self.directory.join("inputs.pb");
        fs::write(&inputs_path, inputs.encode_to_vec()).map_err(cannot_start)?;

        let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let (socket, pod_socket) = UnixStream::pair().map_err(cannot_start)?;
        let mut command = Command::new(self.program);
        command.arg("execute").args(["--task", self.task, "--name", self.action, "--run-name", self.run]);
        command.arg("--inputs").arg(&inputs_path).arg("--outputs-path").arg(&self.directory);
        command.env_clear().envs(self.environment());
        command.stdin(OwnedFd::from(pod_socket)).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0);
        let mut pty_master = None;
        if let Some(Pty { master, replica }) = Pty::open() {
            command.stdout(replica.try_clone().map_err(cannot_start)?).stderr(replica);
            pty_master = Some(master);
        }
        let mut child = command.spawn().map_err(cannot_start)?;
        // The command holds the pod's ends of the socket and the pty: reads from ours would never end.
        drop(command);
        drop(starting);
        let group = Pid::from_child(&child);
        let (open, output_closed) = mpsc::channel();
        let pipes = [child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from)];
        let files = pipes.into_iter().flatten().map(File::from).chain(pty_master);
        for file in files {
            let (guard, print, open) = (self.guard.clone(), print.clone(), open.clone());
            thread::spawn(move || {
                output::forward(file, guard, print);
                drop(open);
            });
        }
        // On a thread: a pod that does not read its secrets must not block the engine. If it has died, its exit status says why.
        let (secrets, to_pod) =
            (mem::take(&mut self.mounts.variables), socket.try_clone().map_err(cannot_start)?);
        thread::spawn(move || {
            let _ = frame::write(&to_pod, &Hello::current())
                .and_then(|()| protocol_mounts::send(&to_pod, &secrets));
        });
        Ok(RunningPod { child, socket, group, output_closed })
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let PodOptions { environment, inherit_environment, debuggable, isolation, domain, project } =
            self.options;
        let is_secret =
            |name: &OsStr| self.mounts.variables.iter().any(|variable| name == variable.name.as_str());
        let mut all: Vec<(OsString, OsString)> = env::vars_os()
            .filter(|(name, _)| *inherit_environment || is_inherited(name))
            .filter(|(name, _)| !is_secret(name) && !name.to_str().is_some_and(variables::is_reserved))
            .collect();
        all.extend(environment.iter().cloned());
        let mut set =
            |name: &str, value: &dyn AsRef<OsStr>| all.push((name.into(), value.as_ref().to_owned()));
        set(variables::ENGINE, &std::process::id().to_string());
        if self.mounts.has_files() {
            set(variables::MOUNTS, &self.secrets());
        }
        if *debuggable {
            set(variables::DEBUGGABLE, &"1");
        }
        if *isolation == Isolation::Process {
            set(variables::PROCESS_ISOLATION, &"1");
        }
        set(variables::EXECUTION_ID, &self.run);
        set(variables::RUN_NAME, &self.run);
        set(variables::ACTION_NAME, &self.action);
        set(variables::ATTEMPT, &self.attempt.to_string());
        set(variables::TASK_NAME, &self.task);
        for (name, value) in variables::EXECUTION_SCOPE.into_iter().zip([domain, project]) {
            if let Some(value) = value {
                set(name, value);
            }
        }
        set(variables::ENV_PREFIX, &variables::ENGINE_ENV_PREFIX);
        set(variables::DEFAULT_DIR, &self.secrets());
        for (name, path) in &self.mounts.paths {
            set(name, path);
        }
        all
    }

    /// Returns the directory of secrets that are files.
    pub(crate) fn secrets(&self) -> PathBuf {
        secrets(&self.directory)
    }

    /// Reads the outputs or the error that the pod wrote, or explains why it wrote neither.
    pub(crate) fn outcome(&self, status: ExitStatus) -> Result<Success, Problem> {
        let read = |name: &str| read_result(&self.directory.join(name)).ok();
        if let Some(problem) =
            read("error.pb").and_then(|bytes| ErrorFile::decode(&*bytes).ok()?.into_problem())
        {
            // The pod has redacted what it has read. It may not know all its secrets.
            return Err(problem.map_texts(|text| self.guard.redact_text(text).into_owned()));
        }
        if status.success()
            && let Some(outputs) = read("outputs.pb").and_then(|bytes| Outputs::decode(&*bytes).ok())
        {
            let json = read("output.json").and_then(|json| String::from_utf8(json).ok());
            return Ok(Success { outputs, json: json.unwrap_or_else(|| "null".to_owned()) });
        }
        let exit = match (status.code(), status.signal()) {
            (Some(0), _) => "exited without returning a result".to_owned(),
            (Some(code), _) => format!("exited with code {code} before it returned a result"),
            (_, Some(9)) => "was killed (SIGKILL), possibly because it ran out of memory".to_owned(),
            (_, Some(signal)) => {
                let name = signal_hook::low_level::signal_name(signal);
                format!(
                    "was terminated by {}",
                    name.map_or_else(|| format!("signal {signal}"), str::to_owned)
                )
            }
            _ => "exited in an unknown way".to_owned(),
        };
        Err(Problem::new(Code::Ended, format!("task `{}` {exit}", self.task)))
    }
}

/// Reads a file that a pod has written. It must be a regular file: opening a pipe would block.
fn read_result(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the directory of secrets that are files, in the directory of a pod.
pub(crate) fn secrets(directory: &Path) -> PathBuf {
    directory.join("secrets")
}

impl RunningPod {
    pub(crate) fn group(&self) -> Pid {
        self.group
    }

    /// Waits for the pod to exit and kills the rest of its process group.
    pub(crate) fn wait(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        let _ = kill_process_group(self.group, Signal::KILL);
        // The channel closes when all output has been read; a process that left the group may hold the output open.
        let _ = self.output_closed.recv_timeout(OUTPUT_TIMEOUT);
        Ok(status)
    }
}

fn is_inherited(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| INHERITED.contains(&name) || name.starts_with("LC_") || name.starts_with("RUST_"))
}
