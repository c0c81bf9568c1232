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

/// The execution that a pod belongs to; set in every pod of Flyte 1 and Flyte 2 and nowhere else.
pub const EXECUTION_ID: &str = "FLYTE_INTERNAL_EXECUTION_ID";
/// The run that a pod of Flyte 2 belongs to.
pub const RUN_NAME: &str = "RUN_NAME";

/// The process that has started a pod, whose secrets then come through its standard input.
pub const ENGINE: &str = "SEALKIT_ENGINE";
/// The directory below which a pod of an engine has its secrets that are files.
pub const MOUNTS: &str = "SEALKIT_MOUNTS";
/// Set to anything, a pod can be debugged, and dumps core.
pub const DEBUGGABLE: &str = "SEALKIT_DEBUGGABLE";

/// The file that holds the key of the local store, where it is not the one in the configuration directory.
pub const KEY_FILE: &str = "SEALKIT_KEY_FILE";
/// The file that holds the passphrase of that key, where nobody can be asked for it.
pub const PASSPHRASE_FILE: &str = "SEALKIT_PASSPHRASE_FILE";
