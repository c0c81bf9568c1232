//! One pod: a process that runs one task, from its start to its end.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File},
    io,
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
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use sealkit_guard::Guard;
use sealkit_idl::{
    core::{ContainerErrorKind, ErrorDocument},
    prost::Message as _,
    task::{Inputs, Outputs},
};
use sealkit_names::variables;

use crate::{
    error::{Error, Result},
    mounts::Mounts,
    output,
    screen::Screen,
};

/// What a pod may inherit of the environment, besides what begins with `LC_` or `RUST_`.
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
/// How long what a pod has left behind may still print.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// What all pods of a run have in common.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Variables that are set in addition.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether all of our environment is inherited, and not only what programs need to work.
    pub inherit: bool,
    /// Whether others of the same user may look into pods.
    pub debuggable: bool,
    /// The domain and the project that pods believe to be in.
    pub scope: (Option<String>, Option<String>),
}

/// How a pod ended.
#[derive(Debug)]
pub(crate) enum End {
    Succeeded(Success),
    Failed(Failed),
}

/// What a task has returned.
#[derive(Debug)]
pub struct Success {
    /// As it goes over the wire.
    pub outputs: Outputs,
    /// As JSON for people, in one line.
    pub json: String,
}

/// Why a task did not succeed, in words without secrets.
#[derive(Clone, Debug)]
pub struct Failed {
    /// A word for programs, as `leak` or `not_found`.
    pub code: String,
    /// The text for people, and what to do next.
    pub message: String,
    /// Whether another try may help.
    pub recoverable: bool,
}

/// A pod that is about to be.
pub(crate) struct Pod<'a> {
    pub(crate) program: &'a Path,
    pub(crate) task: &'a str,
    pub(crate) run: &'a str,
    pub(crate) action: &'a str,
    pub(crate) attempt: u32,
    pub(crate) directory: PathBuf,
    pub(crate) mounts: Mounts,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) guard: Arc<Guard>,
}

/// A pod that runs.
pub(crate) struct Running {
    child: Child,
    pub(crate) socket: UnixStream,
    group: Pid,
    printed: mpsc::Receiver<()>,
}

impl Pod<'_> {
    /// Starts the process and gives it its secrets.
    ///
    /// The calling thread has to stay until the pod ends: the pod dies with it.
    pub(crate) fn start(
        &self,
        inputs: &Inputs,
        print: impl Fn(&[u8]) + Clone + Send + 'static,
    ) -> Result<Running> {
        let here =
            |error: io::Error| Error::io(format!("the pod of task `{}` cannot be started", self.task), error);
        DirBuilder::new().mode(0o700).create(&self.directory).map_err(here)?;
        if self.mounts.has_files() {
            DirBuilder::new().mode(0o700).create(self.secrets()).map_err(here)?;
        }
        let inputs_path = self.directory.join("inputs.pb");
        fs::write(&inputs_path, inputs.encode_to_vec()).map_err(here)?;

        let (ours, theirs) = UnixStream::pair().map_err(here)?;
        let mut command = Command::new(self.program);
        command.arg("execute").args(["--task", self.task, "--name", self.action, "--run-name", self.run]);
        command.arg("--inputs").arg(&inputs_path).arg("--outputs-path").arg(&self.directory);
        command.env_clear().envs(self.environment());
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut screen = None;
        if let Some(Screen { ours, theirs }) = Screen::open() {
            command.stdout(theirs.try_clone().map_err(here)?).stderr(theirs);
            screen = Some(ours);
        }
        let mut child = command.spawn().map_err(here)?;
        // It holds the other ends of the socket and of the terminal, which would then never end.
        drop(command);
        let group = Pid::from_child(&child);
        // A pod that is dead already has said so in another way.
        let _ = sealkit_process::send_variables(&ours, &self.mounts.variables);

        let (done, printed) = mpsc::channel();
        let pipes = [child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from)];
        let files = pipes.into_iter().flatten().map(File::from).chain(screen);
        for file in files {
            let (guard, print, done) = (self.guard.clone(), print.clone(), done.clone());
            thread::spawn(move || {
                output::pass_on(file, guard, print);
                drop(done);
            });
        }
        Ok(Running { child, socket: ours, group, printed })
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let Surroundings { environment, inherit, debuggable, scope } = self.surroundings;
        let is_secret = |name: &OsStr| {
            let secret = |known: &str| name == known;
            self.mounts.variables.iter().any(|variable| secret(&variable.name))
        };
        let mut all: Vec<(OsString, OsString)> = env::vars_os()
            .filter(|(name, _)| *inherit || is_inherited(name))
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
        set(variables::EXECUTION_ID, &self.run);
        set(variables::RUN_NAME, &self.run);
        set(variables::ACTION_NAME, &self.action);
        set(variables::ATTEMPT, &self.attempt.to_string());
        set(variables::TASK_NAME, &self.task);
        for (name, value) in variables::EXECUTION_SCOPE.into_iter().zip([&scope.0, &scope.1]) {
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

    /// Where secrets are files.
    pub(crate) fn secrets(&self) -> PathBuf {
        secrets(&self.directory)
    }

    /// What the pod has written, or why it has written nothing.
    pub(crate) fn end(&self, status: ExitStatus) -> End {
        let read = |name: &str| fs::read(self.directory.join(name)).ok();
        if let Some(error) = read("error.pb").and_then(|bytes| ErrorDocument::decode(&*bytes).ok()?.error) {
            let recoverable = error.kind == i32::from(ContainerErrorKind::Recoverable);
            return End::Failed(Failed { code: error.code, message: error.message, recoverable });
        }
        if status.success()
            && let Some(outputs) = read("outputs.pb").and_then(|bytes| Outputs::decode(&*bytes).ok())
        {
            let json = read("output.json").and_then(|json| String::from_utf8(json).ok());
            return End::Succeeded(Success { outputs, json: json.unwrap_or_else(|| "null".to_owned()) });
        }
        let how = match (status.code(), status.signal()) {
            (Some(0), _) => "ended without an answer".to_owned(),
            (Some(code), _) => format!("ended with exit code {code} before it answered"),
            (_, Some(9)) => "was killed (SIGKILL): perhaps it took more memory than there is".to_owned(),
            (_, Some(signal)) => format!("was ended by {}", name_of(signal)),
            _ => "ended in an unknown way".to_owned(),
        };
        let (code, message) = ("ended".to_owned(), format!("task `{}` {how}", self.task));
        End::Failed(Failed { code, message, recoverable: true })
    }
}

/// Where the secrets of a pod are files.
pub(crate) fn secrets(directory: &Path) -> PathBuf {
    directory.join("secrets")
}

impl Running {
    pub(crate) fn group(&self) -> Pid {
        self.group
    }

    /// Waits for the end of the pod, and ends whatever it has left behind.
    pub(crate) fn wait(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        let _ = kill_process_group(self.group, Signal::KILL);
        // All has been printed when both readers are gone; what has left the group may hold them up.
        let _ = self.printed.recv_timeout(LAST_WORDS);
        Ok(status)
    }
}

fn is_inherited(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| INHERITED.contains(&name) || name.starts_with("LC_") || name.starts_with("RUST_"))
}

fn name_of(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}
