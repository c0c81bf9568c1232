//! Names of the environment variables and directories that Flyte and sealkit read.

use crate::rules::starts_with;

/// Prefix of the variables that hold secrets. The webhooks of Flyte 1 and Flyte 2 set it and flytekit reads it.
pub const ENV_PREFIX: &str = "FLYTE_SECRETS_ENV_PREFIX";
/// Directory of the mounted secret files.
pub const DEFAULT_DIR: &str = "FLYTE_SECRETS_DEFAULT_DIR";
/// Prefix of the names of mounted secret files.
pub const FILE_PREFIX: &str = "FLYTE_SECRETS_FILE_PREFIX";

/// Default values of [`ENV_PREFIX`]: flytekit's, then that of the webhook of Flyte 2.
pub const DEFAULT_ENV_PREFIXES: [&str; 2] = ["_FSEC_", "_UNION_"];
/// Default values of [`DEFAULT_DIR`]: flytekit's, then the webhook's.
pub const DEFAULT_DIRS: [&str; 2] = ["/etc/secrets", "/etc/flyte/secrets"];

/// Execution that a pod belongs to. Set in every pod of Flyte 1, Flyte 2 and the local engine, and nowhere else.
pub const EXECUTION_ID: &str = "FLYTE_INTERNAL_EXECUTION_ID";
/// Run that a Flyte 2 pod belongs to.
pub const RUN_NAME: &str = "RUN_NAME";
/// Action that a Flyte 2 pod executes.
pub const ACTION_NAME: &str = "ACTION_NAME";
/// Attempt number of a pod, starting at 0.
pub const ATTEMPT: &str = "FLYTE_ATTEMPT_NUMBER";
/// Attempt number of a pod, starting at 1. Later releases of Flyte set it, too.
pub const ATTEMPT_FROM_ONE: &str = "FLYTE_ATTEMPT";
/// Name of the task that a pod executes.
pub const TASK_NAME: &str = "FLYTE_INTERNAL_TASK_NAME";
/// Version of the task that a pod executes.
pub const TASK_VERSION: &str = "FLYTE_INTERNAL_TASK_VERSION";
/// Domain and project that a pod belongs to.
pub const EXECUTION_SCOPE: [&str; 2] =
    ["FLYTE_INTERNAL_EXECUTION_DOMAIN", "FLYTE_INTERNAL_EXECUTION_PROJECT"];
/// Value that the local engine sets [`ENV_PREFIX`] to: the default of Flyte 2.
pub const ENGINE_ENV_PREFIX: &str = DEFAULT_ENV_PREFIXES[1];

/// Process of the `sealkit` command that started a program, whose standard input is a socket to the command: a pod receives its secrets
/// there, another program a query.
pub const ENGINE: &str = "SEALKIT_ENGINE";
/// If set, the program forks a server before `main`: the first message on its socket comes with the socket of the server, on which the
/// `sealkit` command requests processes.
pub const FORK_SERVER: &str = "SEALKIT_FORK_SERVER";
/// Directory of the secret files of a pod that the local engine started.
pub const MOUNTS: &str = "SEALKIT_MOUNTS";
/// If set, the pod is isolated only as far as every Unix system can. Tests set it on Linux.
pub const PROCESS_ISOLATION: &str = "SEALKIT_PROCESS_ISOLATION";
/// Base directory of the files of the run that a pod on a cluster belongs to.
pub const RUN_BASE: &str = "_U_RUN_BASE";
/// Container image of a pod on a cluster. The tasks that the pod calls use the same image.
pub const IMAGE: &str = "SEALKIT_IMAGE";
/// URI of the code bundle of a pod on a cluster. The tasks that the pod calls use the same bundle.
pub const BUNDLE: &str = "SEALKIT_BUNDLE";
/// Comma-separated names of the variables that a pod passes on to the tasks that it calls.
pub const SHARED: &str = "SEALKIT_SHARED";
/// If set to a non-empty value, debuggers can attach to a pod and it writes core dumps.
pub const DEBUGGABLE: &str = "SEALKIT_DEBUGGABLE";

/// If set, the engine passes the standard input of the task through the socket of the pod.
pub const STDIN: &str = "SEALKIT_STDIN";

/// Timeout of the task of a pod on a cluster in seconds. It counts until the pod reports its own.
pub const TASK_TIMEOUT: &str = "SEALKIT_TASK_TIMEOUT_SECONDS";

/// If set, no result of a run on a cluster is cached, nor used from the cache.
pub const NO_CACHE: &str = "SEALKIT_NO_CACHE";

/// Maximum size of the outputs of a pod in MiB. The default is Flyte's, 2.
pub const MAX_OUTPUT: &str = "SEALKIT_MAX_OUTPUT_MIB";

/// Directory of the local store, its key and the history of runs. The defaults are directories of the user.
pub const HOME: &str = "SEALKIT_HOME";

/// Key file of the local store. The default is a file in the configuration directory.
pub const KEY_FILE: &str = "SEALKIT_KEY_FILE";
/// File with the passphrase of the key, for use without a terminal.
pub const PASSPHRASE_FILE: &str = "SEALKIT_PASSPHRASE_FILE";

/// Timeout of requests to a cluster, and of questions of the `sealkit` command to a program.
pub const TIMEOUT: &str = "SEALKIT_TIMEOUT";

/// Directory of the crate `sealkit`, or of its repository, that scripts and new packages depend on.
pub const SOURCE: &str = "SEALKIT_SOURCE";

/// Set by the completion script of a shell when it asks the `sealkit` command for completions.
pub const COMPLETE: &str = "SEALKIT_COMPLETE";

/// Limit of Linux on one variable, as `NAME=VALUE` and a zero byte. A process cannot pass a longer one to another process.
pub const MAX_LENGTH: usize = 128 * 1024;

/// Variables of Flyte's SDK for object stores (`flyte/storage/_config.py`).
pub mod storage {
    /// URL of the object store.
    pub const ENDPOINT: &str = "FLYTE_AWS_ENDPOINT";
    /// Access key.
    pub const ACCESS_KEY: &str = "FLYTE_AWS_ACCESS_KEY_ID";
    /// Secret key.
    pub const SECRET_KEY: &str = "FLYTE_AWS_SECRET_ACCESS_KEY";
    /// Addressing style: `path` or `virtual`.
    pub const ADDRESSING: &str = "FLYTE_AWS_S3_ADDRESSING_STYLE";
    /// Number of retries.
    pub const RETRIES: &str = "FLYTE_STORAGE_RETRIES";
    /// Longest pause between retries in seconds.
    pub const BACKOFF: &str = "FLYTE_STORAGE_BACKOFF_SECONDS";
}

/// Returns the spellings of `prefix` that injectors use: as configured, and in upper case.
pub fn prefix_spellings(prefix: String) -> Vec<String> {
    let upper = prefix.to_uppercase();
    if upper == prefix { vec![prefix] } else { vec![prefix, upper] }
}

/// Returns whether the variable is reserved for Flyte and sealkit.
///
/// Pods never inherit reserved variables, and users cannot set them for a pod.
pub const fn is_reserved(name: &str) -> bool {
    const PREFIXES: [&str; 5] =
        ["SEALKIT_", "FLYTE_", "_U_", DEFAULT_ENV_PREFIXES[0], DEFAULT_ENV_PREFIXES[1]];
    const NAMES: [&str; 2] = [RUN_NAME, ACTION_NAME];
    let name = name.as_bytes();
    let mut i = 0;
    while i < PREFIXES.len() {
        if starts_with(name, PREFIXES[i].as_bytes()) {
            return true;
        }
        i += 1;
    }
    let mut i = 0;
    while i < NAMES.len() {
        if name.len() == NAMES[i].len() && starts_with(name, NAMES[i].as_bytes()) {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns whether an environment variable can have the value: it has no null character.
pub const fn is_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    let mut i = 0;
    while i < bytes.len() && bytes[i] != 0 {
        i += 1;
    }
    i == bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_variable_cannot_hold_a_requested_secret() {
        for name in [ENV_PREFIX, EXECUTION_ID, RUN_NAME, ACTION_NAME, ENGINE, KEY_FILE, "_UNION_K", "_FSEC_K"]
        {
            assert!(is_reserved(name) && crate::rules::check_env_var(name).is_err(), "{name}");
        }
        assert!(!is_reserved("HF_TOKEN") && !is_reserved("RUN_NAMES"));
    }
}
