//! The warnings of a local run about secrets that other processes of the same user can read.

use rustix::io::Errno;
use sealkit_engine::{Engine, Isolation};

use crate::terminal;

/// The command that allows user namespaces on Ubuntu 23.10 and later.
const UBUNTU: &str = "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`";

/// Prints what does not protect the secrets of the run, if anything.
pub(crate) fn print_warnings(engine: &Engine) {
    if let Some((warning, hint)) = warning(engine.isolation(), engine.is_in_memory()) {
        terminal::warning(warning);
        terminal::hint(hint);
    }
    if let Some(error) = engine.visible_files() {
        let has_threads = Errno::from_io_error(error) == Some(Errno::INVAL);
        let reason = if has_threads {
            "the program starts threads before `main`, as some libraries do".to_owned()
        } else {
            format!("this system lets no process hide them: {}", sealkit_names::io_reason(error))
        };
        terminal::warning(&format!(
            "other processes of your user can read the secrets that are mounted as files: {reason}"
        ));
        let variables = "request the secrets as variables: mount_requirement = ENV_VAR";
        terminal::hint(&if has_threads {
            variables.to_owned()
        } else {
            format!("allow user namespaces, on Ubuntu with {UBUNTU}; or {variables}")
        });
    }
}

/// Returns a warning and a hint.
fn warning(isolation: Isolation, is_in_memory: bool) -> Option<(&'static str, &'static str)> {
    let on_linux = "run the tasks on Linux, where their secrets are private";
    match (isolation, is_in_memory) {
        (Isolation::Private, true) => None,
        (Isolation::Private, false) => Some((
            "secrets that are mounted as files are written to disk: neither $XDG_RUNTIME_DIR nor /dev/shm is on a tmpfs",
            "mount a tmpfs at /dev/shm, or set XDG_RUNTIME_DIR to a private directory on one",
        )),
        (Isolation::Process, true) => {
            Some(("other processes of the same user may read the secrets of running tasks", on_linux))
        }
        (Isolation::Process, false) => Some((
            "other processes of the same user may read the secrets of running tasks, and secrets that are mounted as files are \
             written to disk",
            on_linux,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_warns_of_files_on_a_disk_and_of_readable_memory() {
        let text = |isolation, is_in_memory| warning(isolation, is_in_memory).map_or("", |(text, _)| text);
        assert_eq!(text(Isolation::Private, true), "");
        for isolation in [Isolation::Private, Isolation::Process] {
            assert!(text(isolation, false).contains("written to disk"));
            assert_eq!(text(isolation, false).contains("may read"), isolation == Isolation::Process);
        }
        assert!(!text(Isolation::Process, true).contains("disk"));
    }
}
