//! The crate `sealkit` that scripts and new packages depend on: its version, and the sources that this command was built from.

use std::{
    env,
    path::{Path, PathBuf},
};

use sealkit_names::variables;
use toml::{Table, Value};

use crate::error::{Error, Result};

/// The version of the crate, which is that of the whole workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the crate was when this command was built.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sealkit");

/// Returns the directory of the crate: that of the option `--sealkit`, of the variable `SEALKIT_SOURCE`, or of the build of this
/// command. The first two may also name a clone of the repository.
///
/// # Errors
///
/// Returns an error if there is no crate.
pub(crate) fn find(option: Option<&Path>) -> Result<PathBuf> {
    let variable = || env::var_os(variables::SOURCE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(path) = option.map(Path::to_owned).or_else(variable) else {
        return Path::new(DIRECTORY).canonicalize().ok().filter(|path| is_package(path)).ok_or_else(|| {
            Error::usage(format!("cannot find the sources of sealkit: `{DIRECTORY}` does not exist any more"))
                .with_hint(format!(
                    "clone the repository and name its directory: --sealkit PATH, or {}=PATH",
                    variables::SOURCE
                ))
        });
    };
    let crates = [path.join("crates/sealkit"), path.clone()];
    crates.iter().find(|path| is_package(path)).and_then(|path| path.canonicalize().ok()).ok_or_else(|| {
        Error::usage(format!(
            "`{}` is not the directory of the crate `sealkit` or of its repository",
            path.display()
        ))
        .with_hint(format!("correct `--sealkit`, or the variable {}", variables::SOURCE))
    })
}

fn is_package(path: &Path) -> bool {
    path.join("Cargo.toml").is_file()
}

/// Returns the lock file that the sources were tested with: a script begins with its versions, which are downloaded already if the
/// command was built with `--locked`.
pub(crate) fn lock_file(sealkit: &Path) -> PathBuf {
    sealkit.join("../../Cargo.lock")
}

/// Returns the dependency on the crate in the directory `sealkit`.
fn dependency(sealkit: &Path) -> Table {
    let path = sealkit.to_string_lossy().into_owned();
    Table::from_iter([("version".to_owned(), VERSION.into()), ("path".to_owned(), path.into())])
}

/// Returns the dependencies of a new package, and of a script that does not name them.
pub(crate) fn dependencies(sealkit: &Path) -> [(&'static str, Table); 3] {
    let version = ("version".to_owned(), Value::from("1"));
    let features = ("features".to_owned(), vec!["macros", "rt-multi-thread", "time"].into());
    [
        ("sealkit", dependency(sealkit)),
        ("anyhow", Table::from_iter([version.clone()])),
        ("tokio", Table::from_iter([version, features])),
    ]
}
