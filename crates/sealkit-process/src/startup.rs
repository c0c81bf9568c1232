//! The code that runs before `main`.

use std::{env, fs::File, io, os::unix::net::UnixStream, path::Path, sync::OnceLock};

use rustix::process::setsid;
use sealkit_names::{io_reason, variables};
use sealkit_protocol::{
    Code, Hello, Problem, frame,
    mounts::{self, MountKind, SecretVariable},
};

use crate::{Program, environment, files, isolation, received_files};

/// The socket between a program and the engine that started it.
pub type Socket = UnixStream;

/// The secrets that this process holds in memory.
static SECRETS: OnceLock<Vec<SecretVariable>> = OnceLock::new();

/// The socket to the engine that started this pod.
static ENGINE_SOCKET: OnceLock<Socket> = OnceLock::new();

/// The socket to the engine that started this program to answer a query.
static QUERY_SOCKET: OnceLock<Socket> = OnceLock::new();

/// Why the engine sent no secrets.
static ENGINE_PROBLEM: OnceLock<Problem> = OnceLock::new();

/// Protects the process and receives its secrets, if it is a pod. The loader calls this before any other thread exists.
pub(crate) fn before_main(program: &'static Program) {
    #[cfg(target_os = "linux")]
    if env::var_os(variables::FORK_SERVER).is_some()
        && let Ok(engine) = env::var(variables::ENGINE)
    {
        // An error means that the engine has died: the program ends when it reads no question.
        let _ = crate::fork_server::start(&engine);
    }
    if env::var_os(variables::EXECUTION_ID).is_none_or(|id| id.is_empty()) {
        if env::var_os(variables::ENGINE).is_some() {
            environment::remove(variables::ENGINE);
            if let Some(directory) = env::var_os(variables::MOUNTS) {
                try_to_hide_files(directory.as_ref());
            }
            // It may be asked for secrets.
            isolation::protect_memory(isolation::best());
            if let Ok(socket) = take_socket() {
                let _ = QUERY_SOCKET.set(socket);
            }
        }
        return;
    }
    let engine = env::var(variables::ENGINE).ok();
    if engine.is_some() {
        // Without a controlling terminal, a program that asks for input there fails at once, instead of being stopped.
        let _ = setsid();
    }
    let isolation = isolation::of_this_pod();
    environment::remove(variables::PROCESS_ISOLATION);
    let hidden = env::var_os(variables::MOUNTS);
    environment::remove(variables::MOUNTS);
    let can_hide = if hidden.is_some() { isolation.prepare_to_hide_files() } else { Ok(()) };
    let debuggable = env::var_os(variables::DEBUGGABLE).is_some_and(|value| !value.is_empty());
    if !debuggable {
        isolation::protect_memory(isolation);
    }
    let prefixes = secret_prefixes();
    let is_secret = |name: &str| is_secret(name, &prefixes);
    if engine.is_none() {
        isolation.supervise(program, &is_secret);
    }
    let mut secrets = environment::take_secrets(is_secret);
    if let Some(engine) = engine {
        // Processes that this pod starts are not pods of the engine.
        environment::remove(variables::ENGINE);
        let prepared = isolation.prepare_for_secrets(&engine, debuggable);
        let hidden = hidden.map_or(Ok(()), |directory| {
            can_hide
                .and_then(|()| isolation.hide_files(directory.as_ref()))
                .map_err(|error| cannot_hide(&error))
        });
        match prepared.and_then(|()| connect(hidden)) {
            Ok((socket, variables)) => {
                secrets.extend(variables);
                isolation.bind_to_engine(ENGINE_SOCKET.get_or_init(|| socket));
            }
            // Without its secrets, the pod cannot run its task.
            Err(error) => {
                let message = format!("cannot receive the secrets of the task: {}", io_reason(&error));
                let _ = ENGINE_PROBLEM.set(Problem::new(Code::Configuration, message));
            }
        }
    }
    let _ = SECRETS.set(secrets);
}

/// Tries whether a pod can hide files in `directory`, and exits: a process that failed may have lost its user.
fn try_to_hide_files(directory: &Path) -> ! {
    let isolation = isolation::best();
    let tried = isolation.prepare_to_hide_files().and_then(|()| isolation.hide_files(directory));
    let code = tried.err().map_or(0, |error| error.raw_os_error().unwrap_or(1));
    #[cfg(target_os = "linux")]
    crate::processes::exit(code);
    #[cfg(not(target_os = "linux"))]
    std::process::exit(code)
}

/// The problem of a pod that cannot hide its files, although the same program could before.
fn cannot_hide(error: &io::Error) -> Problem {
    let message = format!("cannot hide the secret files of the task: {}", io_reason(error));
    Problem::new(Code::Configuration, message)
        .with_hint("request the secrets as variables: mount_requirement = ENV_VAR")
}

/// Moves the socket away from standard input and receives the secrets from the engine, if the files among them are `hidden`.
fn connect(hidden: Result<(), Problem>) -> io::Result<(Socket, Vec<SecretVariable>)> {
    let socket = take_socket()?;
    if env::var_os(variables::STDIN).is_some() {
        environment::remove(variables::STDIN);
        let (_, files) = received_files::receive(&socket)?;
        files.into_iter().try_for_each(rustix::stdio::dup2_stdin)?;
    }
    let hello: Hello = frame::read(&socket)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut in_memory = Vec::new();
    if let Err(problem) = hello.check_command().and(hidden) {
        let _ = ENGINE_PROBLEM.set(problem);
        return Ok((socket, in_memory));
    }
    for secret in mounts::receive(&socket)? {
        match secret.mount {
            MountKind::Memory => in_memory.push(secret),
            MountKind::Environment => environment::set(&secret.name, &secret.value),
            MountKind::File => files::write(&secret)?,
        }
    }
    Ok((socket, in_memory))
}

/// Moves the socket away from standard input, which then is empty.
fn take_socket() -> io::Result<Socket> {
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(Socket::from(socket))
}

pub(crate) fn secret(name: &str) -> Option<&'static [u8]> {
    SECRETS.get()?.iter().find(|secret| secret.name == name).map(|secret| &**secret.value)
}

pub(crate) fn engine_socket() -> Option<&'static Socket> {
    ENGINE_SOCKET.get()
}

pub(crate) fn query_socket() -> Option<&'static Socket> {
    QUERY_SOCKET.get()
}

pub(crate) fn engine_problem() -> Option<&'static Problem> {
    ENGINE_PROBLEM.get()
}

/// Returns the prefixes of secret variables: the defaults, and the one that is configured in the environment.
fn secret_prefixes() -> Vec<String> {
    let mut prefixes = variables::DEFAULT_ENV_PREFIXES.map(str::to_owned).to_vec();
    if let Ok(prefix) = env::var(variables::ENV_PREFIX) {
        prefixes.extend(variables::prefix_spellings(prefix.trim().to_owned()));
    }
    // A prefix that does not end with `_` would also match variables that are not secrets.
    prefixes.retain(|prefix| prefix.ends_with('_') && prefix.len() > 1);
    prefixes
}

/// Prefixes that Flyte reserves, even if the prefix of secrets is `FLYTE_`.
///
/// The credentials of the object store are among these variables. The pod needs them to read its inputs, and child processes expect
/// them in the environment.
const RESERVED_PREFIXES: [&str; 4] = ["FLYTE_SECRETS_", "FLYTE_INTERNAL_", "FLYTE_AWS_", "FLYTE_STORAGE_"];

fn is_secret(name: &str, prefixes: &[String]) -> bool {
    let is_reserved = RESERVED_PREFIXES.iter().any(|reserved| name.starts_with(reserved));
    !is_reserved && prefixes.iter().any(|prefix| name.starts_with(&**prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_variables_are_recognized_by_their_prefix() {
        let prefixes = ["_UNION_".to_owned(), "FLYTE_".to_owned()];
        for (name, secret) in [
            ("_UNION_MY_SECRET", true),
            ("FLYTE_MY_SECRET", true),
            ("FLYTE_SECRETS_ENV_PREFIX", false),
            ("FLYTE_INTERNAL_EXECUTION_ID", false),
            ("FLYTE_AWS_SECRET_ACCESS_KEY", false),
            ("HF_TOKEN", false),
            ("PATH", false),
        ] {
            assert_eq!(is_secret(name, &prefixes), secret, "{name}");
        }
    }
}
