//! The directories of the user that hold what local runs leave.

use std::{env, path::PathBuf};

use sealkit_names::variables;

/// Returns the directory of the records of runs, or `None` without a home directory.
pub(crate) fn runs() -> Option<PathBuf> {
    of_user("runs", "XDG_STATE_HOME", ".local/state", "sealkit/runs")
}

/// Returns the directory of cached results, or `None` without a home directory.
pub(crate) fn results() -> Option<PathBuf> {
    of_user("cache", "XDG_CACHE_HOME", ".cache", "sealkit/results")
}

/// Returns `in_home` in `$SEALKIT_HOME`, or else `name` in the directory of `variable`, which is `default` in the home directory if it
/// is not set.
fn of_user(in_home: &str, variable: &str, default: &str, name: &str) -> Option<PathBuf> {
    let path = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(home) = path(variables::HOME) {
        return Some(home.join(in_home));
    }
    // The home directory of a service may not exist, and is not created.
    let home = || path("HOME").filter(|home| home.is_dir());
    let base = path(variable).or_else(|| Some(home()?.join(default)));
    base.map(|base| base.join(name))
}
