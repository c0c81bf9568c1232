//! The secrets of one pod, as its task asks for them.

use std::path::{Path, PathBuf};

use sealkit_names::{
    MountType,
    lookup::{self, Pass},
    variables,
};
use sealkit_process::{MountKind, SecretVariable};
use zeroize::Zeroizing;

use crate::{
    error::{Error, Result},
    program::{SecretRequest, Task},
    values::Values,
};

/// `NAME=VALUE` and its end, in one argument of `execve` on Linux: nothing that a pod starts could inherit more.
const LONGEST_VARIABLE: usize = 128 * 1024;

/// What a pod is given.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    /// The secrets, in variables and files.
    pub(crate) variables: Vec<SecretVariable>,
    /// Variables that hold the paths of files.
    pub(crate) paths: Vec<(String, PathBuf)>,
}

/// How a secret is mounted.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Variable,
    File,
}

/// Makes sure that all secrets of `task` can be mounted.
pub(crate) fn check(task: &Task, values: &Values) -> Result<()> {
    task.secret_requests
        .iter()
        .try_for_each(|request| mount_of(task, request, values.of(task, request)?).map(drop))
}

fn mount_of(task: &Task, request: &SecretRequest, value: &[u8]) -> Result<As> {
    let names = request.request();
    let is_text = str::from_utf8(value).is_ok() && !value.contains(&0);
    let longest = names.env_var.map_or(usize::MAX, |name| LONGEST_VARIABLE - name.len() - 2);
    let refused = |why: &str| {
        let message = format!("secret `{names}` of task `{}` {why}", task.name);
        Err(Error::new(message).with_hint("request it as a file: mount_requirement = FILE"))
    };
    match names.mount {
        MountType::File => Ok(As::File),
        MountType::EnvVar if !is_text => refused("is not text, which an environment variable cannot hold"),
        MountType::EnvVar if value.len() > longest => refused("is too large for an environment variable"),
        // Whoever leaves it to us gets it as it can be had.
        _ if !is_text || value.len() > longest => Ok(As::File),
        _ => Ok(As::Variable),
    }
}

/// Mounts the secrets of `task`; those that are files below `directory`.
pub(crate) fn mount(task: &Task, values: &Values, directory: &Path) -> Result<Mounts> {
    let mut mounts = Mounts::default();
    for request in &task.secret_requests {
        let (value, names) = (values.of(task, request)?, request.request());
        match mount_of(task, request, value)? {
            As::Variable => {
                let name = names.env_var.map(str::to_owned).or_else(|| {
                    let prefixes = [variables::ENGINE_ENV_PREFIX.to_owned()];
                    lookup::variable(Pass::Flytekit, &names, &prefixes, false, |_| Some(()))
                        .map(|(name, ())| name)
                });
                mounts.variables.push(SecretVariable {
                    name: name.unwrap_or_default(),
                    value: Zeroizing::new(value.to_vec()),
                    mount: if names.env_var.is_some() { MountKind::Environment } else { MountKind::Memory },
                });
            }
            As::File => {
                let path = lookup::file(Pass::Flytekit, &names, "", |path| Some(directory.join(path)));
                let path = path.unwrap_or_default();
                mounts.variables.push(SecretVariable {
                    name: path.display().to_string(),
                    value: Zeroizing::new(value.to_vec()),
                    mount: MountKind::File,
                });
                mounts.paths.extend(names.env_var.map(|name| (name.to_owned(), path)));
            }
        }
    }
    Ok(mounts)
}

impl Mounts {
    /// Whether some are files.
    pub(crate) fn has_files(&self) -> bool {
        self.variables.iter().any(|variable| variable.mount == MountKind::File)
    }
}
