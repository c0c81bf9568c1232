//! The environment variables and directories that Flyte and sealkit read.

/// Prefix of the variables that hold secrets; set by the webhook of Flyte 1 and Flyte 2, read by flytekit.
pub const ENV_PREFIX: &str = "FLYTE_SECRETS_ENV_PREFIX";
/// Directory of the files that hold secrets.
pub const DEFAULT_DIR: &str = "FLYTE_SECRETS_DEFAULT_DIR";
/// Prefix of the names of those files.
pub const FILE_PREFIX: &str = "FLYTE_SECRETS_FILE_PREFIX";

/// [`ENV_PREFIX`] where it is not set: flytekit's default first, then the webhook's of Flyte 2.
pub const DEFAULT_ENV_PREFIXES: [&str; 2] = ["_FSEC_", "_UNION_"];
/// [`DEFAULT_DIR`] where it is not set: flytekit's default first, then the webhook's.
pub const DEFAULT_DIRS: [&str; 2] = ["/etc/secrets", "/etc/flyte/secrets"];

/// The execution that a pod belongs to; set in every pod of Flyte 1, of Flyte 2 and of our engine, and nowhere else.
pub const EXECUTION_ID: &str = "FLYTE_INTERNAL_EXECUTION_ID";
/// The run that a pod of Flyte 2 belongs to.
pub const RUN_NAME: &str = "RUN_NAME";
/// The part of the run that a pod of Flyte 2 is.
pub const ACTION_NAME: &str = "ACTION_NAME";
/// How often a pod was started before.
pub const ATTEMPT: &str = "FLYTE_ATTEMPT_NUMBER";
/// The task of a pod.
pub const TASK_NAME: &str = "FLYTE_INTERNAL_TASK_NAME";
/// The version of the task of a pod.
pub const TASK_VERSION: &str = "FLYTE_INTERNAL_TASK_VERSION";
/// The domain and the project that a pod belongs to.
pub const EXECUTION_SCOPE: [&str; 2] =
    ["FLYTE_INTERNAL_EXECUTION_DOMAIN", "FLYTE_INTERNAL_EXECUTION_PROJECT"];
/// [`ENV_PREFIX`] as an engine sets it: the one of Flyte 2.
pub const ENGINE_ENV_PREFIX: &str = DEFAULT_ENV_PREFIXES[1];

/// The process that has started a pod, whose secrets then come through its standard input.
pub const ENGINE: &str = "SEALKIT_ENGINE";
/// The directory below which a pod of an engine has its secrets that are files.
pub const MOUNTS: &str = "SEALKIT_MOUNTS";
/// The image that a pod of a cluster was started from: the tasks that it calls are started from the same.
pub const IMAGE: &str = "SEALKIT_IMAGE";
/// The names of the variables that those tasks have too, with commas between them.
pub const SHARED: &str = "SEALKIT_SHARED";
/// Set to anything, a pod can be debugged, and dumps core.
pub const DEBUGGABLE: &str = "SEALKIT_DEBUGGABLE";

/// How many MiB the outputs of a pod may have, where that is not Flyte's default of 2.
pub const MAX_OUTPUT: &str = "SEALKIT_MAX_OUTPUT_MIB";

/// The file that holds the key of the local store, where it is not the one in the configuration directory.
pub const KEY_FILE: &str = "SEALKIT_KEY_FILE";
/// The file that holds the passphrase of that key, where nobody can be asked for it.
pub const PASSPHRASE_FILE: &str = "SEALKIT_PASSPHRASE_FILE";

/// How long an answer of a cluster is waited for.
pub const TIMEOUT: &str = "SEALKIT_TIMEOUT";

/// `prefix` as injectors write it: some put it in upper case, with the rest of the variable's name.
pub fn written_prefixes(prefix: String) -> Vec<String> {
    let upper = prefix.to_uppercase();
    if upper == prefix { vec![prefix] } else { vec![prefix, upper] }
}

/// Whether only Flyte and sealkit say what is in this variable.
///
/// A pod never inherits one, and nobody sets one for it.
pub fn is_ours(name: &str) -> bool {
    let [fsec, union] = DEFAULT_ENV_PREFIXES;
    ["SEALKIT_", "FLYTE_", fsec, union].iter().any(|prefix| name.starts_with(prefix))
        || [RUN_NAME, ACTION_NAME].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_no_secret_of_anybody_either() {
        for name in [ENV_PREFIX, EXECUTION_ID, RUN_NAME, ACTION_NAME, ENGINE, KEY_FILE, "_UNION_K", "_FSEC_K"]
        {
            assert!(is_ours(name) && crate::rules::check_env_var(name).is_err(), "{name}");
        }
        assert!(!is_ours("HF_TOKEN") && !is_ours("RUN_NAMES"));
    }
}
