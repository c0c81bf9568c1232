//! Runs cargo: builds a target and finds its program.

mod progress;

use std::{
    env,
    ffi::OsString,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::Deserialize;

use crate::{
    error::{Error, Result},
    platform::{Platform, Toolchain},
};

/// The options of `cargo build`.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Whether to build with optimizations.
    pub release: bool,
    /// The features to enable, in cargo's syntax.
    pub features: Vec<String>,
    /// The package of the target, if several packages have a target of the same name.
    pub package: Option<String>,
    /// The platform of the cluster to build for, in place of this machine. The program is linked statically and can use object
    /// stores.
    pub platform: Option<Platform>,
    /// The directory of the crate `sealkit` for a script, instead of the sources that this command was built from.
    pub sealkit: Option<PathBuf>,
}

/// A target of a package.
#[derive(Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

/// A build of one target.
pub(crate) struct Build<'a> {
    /// `cargo build` or `cargo rustc`, with the arguments that select the target.
    pub(crate) command: Command,
    pub(crate) target: &'a Target,
    /// What is built, for the message at the start of a compilation.
    pub(crate) subject: String,
    /// What is built besides, to follow the subject.
    pub(crate) note: &'static str,
    /// The arguments for the compiler of the target itself, which only `cargo rustc` accepts.
    pub(crate) compiler_arguments: Vec<OsString>,
}

/// The step in which a build failed. Cargo has printed why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FailedStep {
    /// Cargo read the manifest, and resolved and downloaded the dependencies.
    Resolve,
    /// The target or one of its dependencies was compiled.
    Compile,
}

impl FailedStep {
    /// Returns the error for the build of `label`.
    pub(crate) fn error(self, label: &str) -> Error {
        Error::new(match self {
            Self::Resolve => format!("cargo cannot build `{label}`"),
            Self::Compile => format!("`{label}` does not compile"),
        })
    }
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    executable: Option<PathBuf>,
    #[serde(default)]
    target: Option<Target>,
}

/// Returns the command `cargo`.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Returns the command that builds in `directory`: `cargo SUBCOMMAND`, or the one that builds for the platform of a cluster.
///
/// # Errors
///
/// Returns an error if no toolchain for the platform is installed.
pub(crate) fn build_command(subcommand: &str, options: &BuildOptions, directory: &Path) -> Result<Command> {
    let mut command = cargo();
    command.current_dir(directory);
    match options.platform {
        Some(platform) => Toolchain::find(platform, directory)?.apply_to(&mut command),
        None => drop(command.arg(subcommand)),
    }
    Ok(command)
}

/// The error for a cargo that cannot be started.
pub(crate) fn cannot_start_cargo(error: io::Error) -> Error {
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    let error = Error::io("cannot start `cargo`", error);
    if is_missing { error.with_hint("install Rust: https://rustup.rs") } else { error }
}

/// Runs a build and returns the path of the program, or the step that failed. Cargo's status lines, progress bar, warnings and errors
/// go to standard error if there is something to build; `notify` is called with a message before them.
///
/// # Errors
///
/// Returns an error if cargo cannot be started, or does not report the program.
pub(crate) fn build(
    build: Build<'_>,
    options: &BuildOptions,
    notify: &dyn Fn(&str),
) -> Result<Result<PathBuf, FailedStep>> {
    let Build { mut command, target, subject, note, compiler_arguments } = build;
    let platform = options.platform.map(|platform| format!(" for {platform}")).unwrap_or_default();
    command.arg("--message-format=json-render-diagnostics");
    if options.release {
        command.arg("--release");
    }
    for features in &options.features {
        command.args(["--features", features]);
    }
    if !compiler_arguments.is_empty() {
        command.arg("--").args(compiler_arguments);
    }
    progress::show_on_terminal(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(cannot_start_cargo)?;
    // Both pipes are read at the same time: cargo would block on a full one.
    let stdout = child.stdout.take();
    let messages = thread::spawn(move || {
        let mut messages = Vec::new();
        stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut messages)).map(|_| messages)
    });
    let notify = || notify(&format!("Building {subject}{platform}{note} ..."));
    let unread = child.stderr.take().map(|stderr| progress::forward(stderr, &mut io::stderr(), &notify));
    let status = child.wait().map_err(cannot_start_cargo)?;
    if !status.success() {
        let _ = io::stderr().write_all(&unread.unwrap_or_default());
    }
    let messages = messages.join().unwrap_or_else(|_| Ok(Vec::new())).map_err(cannot_start_cargo)?;
    let messages: Vec<Message> =
        serde_json::Deserializer::from_slice(&messages).into_iter().flatten().collect();
    if status.success() {
        return executable(messages, target).map(Ok);
    }
    let is_compiled = messages.iter().any(|message| message.reason == "build-finished");
    Ok(Err(if is_compiled { FailedStep::Compile } else { FailedStep::Resolve }))
}

/// Finds the path of the built program in cargo's messages.
fn executable(messages: Vec<Message>, target: &Target) -> Result<PathBuf> {
    let built = messages.into_iter().filter(|message| {
        message
            .target
            .as_ref()
            .is_some_and(|built| built.name == target.name && built.src_path == target.src_path)
    });
    built
        .filter_map(|message| message.executable)
        .next_back()
        .ok_or_else(|| Error::new(format!("cargo did not report the path of `{}`", target.name)))
}
