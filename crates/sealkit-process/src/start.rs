//! What is done before `main`.

use std::{env, fs::File, io, os::unix::net::UnixStream, sync::OnceLock};

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getpid, getppid, kill_process, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use sealkit_names::variables;

use crate::{
    apart, block, files,
    variables::{Form, Variable, receive},
};

/// The variables that were taken out of the environment, in the order they were there.
static TAKEN: OnceLock<Vec<Variable>> = OnceLock::new();

/// The socket to the engine that has started this process.
static ENGINE: OnceLock<UnixStream> = OnceLock::new();

/// Called by the loader, on the only thread that there is.
pub(crate) fn at_start() {
    if env::var_os(variables::EXECUTION_ID).is_none_or(|id| id.is_empty()) {
        return;
    }
    // It needs what is forbidden next; where the system does not allow it, the files are where others can read them.
    if let Some(directory) = env::var_os(variables::MOUNTS) {
        let _ = files::seclude(directory.as_ref());
        block::remove(variables::MOUNTS);
    }
    let debuggable = env::var_os(variables::DEBUGGABLE).is_some_and(|value| !value.is_empty());
    if !debuggable {
        // Where the system refuses, the process runs as it would have without us.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    let prefixes = prefixes();
    let mut taken = block::take(|name| is_secret(name, &prefixes));
    if let Ok(engine) = env::var(variables::ENGINE) {
        // Nothing that this process starts is a pod of that engine.
        block::remove(variables::ENGINE);
        match attach(&engine, debuggable) {
            Ok((socket, variables)) => {
                taken.extend(variables);
                let _ = ENGINE.set(socket);
            }
            // Without its secrets, a pod has nothing to do.
            Err(_) => die(),
        }
    }
    let _ = TAKEN.set(taken);
}

/// Takes the socket from where standard input was, and waits for the secrets.
fn attach(engine: &str, debuggable: bool) -> io::Result<(UnixStream, Vec<Variable>)> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have died before we could ask to be told.
    if getppid().map(|parent| parent.as_raw_nonzero().to_string()).as_deref() != Some(engine) {
        die();
    }
    if !debuggable {
        apart::go_apart()?;
    }
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    let mut socket = UnixStream::from(socket);
    let mut others = Vec::new();
    for secret in receive(&mut socket)? {
        match secret.form {
            Form::Hidden => others.push(secret),
            Form::Exported => block::set(&secret.name, &secret.value),
            Form::File => files::write(&secret)?,
        }
    }
    Ok((socket, others))
}

fn die() {
    let _ = kill_process(getpid(), Signal::KILL);
}

pub(crate) fn secret(name: &str) -> Option<&'static [u8]> {
    TAKEN.get()?.iter().find(|taken| taken.name == name).map(|taken| &**taken.value)
}

pub(crate) fn engine() -> Option<&'static UnixStream> {
    ENGINE.get()
}

fn prefixes() -> Vec<String> {
    let mut prefixes = variables::DEFAULT_ENV_PREFIXES.map(str::to_owned).to_vec();
    if let Ok(prefix) = env::var(variables::ENV_PREFIX) {
        prefixes.extend(variables::prefix_spellings(prefix.trim().to_owned()));
    }
    // Whatever begins like a word of its own may be anything.
    prefixes.retain(|prefix| prefix.ends_with('_') && prefix.len() > 1);
    prefixes
}

/// Whatever prefix Flyte is told to give secrets, it has these for itself. The keys of the object store are among them, which a
/// pod needs before it has its inputs, and which whatever the task starts finds where Flyte has put them.
const FLYTES: [&str; 4] = ["FLYTE_SECRETS_", "FLYTE_INTERNAL_", "FLYTE_AWS_", "FLYTE_STORAGE_"];

fn is_secret(name: &str, prefixes: &[String]) -> bool {
    let is_flytes = FLYTES.iter().any(|flytes| name.starts_with(flytes));
    !is_flytes && prefixes.iter().any(|prefix| name.starts_with(&**prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_prefix() {
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
