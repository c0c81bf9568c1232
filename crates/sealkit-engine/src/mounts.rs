//! The secrets of one pod, mounted as its task requests them.

use std::path::{Path, PathBuf};

use sealkit_names::{
    GuardMode, MountType, capacity,
    lookup::{self, Pass},
    variables,
};
use sealkit_protocol::{
    Code, Problem, Task,
    description::SecretRequest,
    mounts::{MountKind, SecretVariable},
};
use zeroize::Zeroizing;

use crate::values::Values;

/// The secrets that a pod receives.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    /// The secrets, as variables and files.
    pub(crate) variables: Vec<SecretVariable>,
    /// Variables that hold the paths of files.
    pub(crate) paths: Vec<(String, PathBuf)>,
}

/// How a secret is mounted.
#[derive(Clone, Copy, PartialEq)]
enum MountAs {
    Variable,
    File,
}

/// Checks that all secrets of `task` exist and can be mounted. Returns whether any of them is mounted as a file.
pub(crate) fn check(task: &Task, values: &Values) -> Result<bool, Problem> {
    task.secret_requests.iter().try_fold(false, |any, request| {
        Ok(any | (mount_as(task, request, values.of(task, request)?)? == MountAs::File))
    })
}

fn mount_as(task: &Task, request: &SecretRequest, value: &[u8]) -> Result<MountAs, Problem> {
    let names = request.request();
    let is_text = str::from_utf8(value).is_ok() && !value.contains(&0);
    let max_length = names.env_var.map_or(usize::MAX, capacity::of_variable);
    let unmountable = |reason: &str| {
        let message = format!("secret `{names}` of task `{}` {reason}", task.name);
        Err(Problem::new(Code::Configuration, message)
            .with_hint("request it as a file: mount_requirement = FILE"))
    };
    match names.mount {
        MountType::File => Ok(MountAs::File),
        MountType::EnvVar if !is_text => unmountable("is not text: an environment variable cannot hold it"),
        MountType::EnvVar if value.len() > max_length => {
            unmountable("is too large for an environment variable")
        }
        // ANY leaves the choice to us.
        _ if !is_text || value.len() > max_length => Ok(MountAs::File),
        _ => Ok(MountAs::Variable),
    }
}

/// Mounts the secrets of `task`; files are mounted below `directory`.
pub(crate) fn mount(task: &Task, values: &Values, directory: &Path) -> Result<Mounts, Problem> {
    let mut mounts = Mounts::default();
    for request in &task.secret_requests {
        let (value, names) = (values.of(task, request)?, request.request());
        match mount_as(task, request, value)? {
            MountAs::Variable => {
                let name = names.env_var.map(str::to_owned).or_else(|| {
                    let prefixes = [variables::ENGINE_ENV_PREFIX.to_owned()];
                    lookup::variable(Pass::Flytekit, &names, &prefixes, false, |_| Some(()))
                        .map(|(name, ())| name)
                });
                mounts.variables.push(SecretVariable {
                    name: name.unwrap_or_default(),
                    value: Zeroizing::new(value.to_vec()),
                    mount: if names.env_var.is_some() { MountKind::Environment } else { MountKind::Memory },
                    guard: GuardMode::Standard,
                });
            }
            MountAs::File => {
                let path = lookup::file(Pass::Flytekit, &names, "", |path| Some(directory.join(path)));
                let path = path.unwrap_or_default();
                mounts.variables.push(SecretVariable {
                    name: path.display().to_string(),
                    value: Zeroizing::new(value.to_vec()),
                    mount: MountKind::File,
                    guard: GuardMode::Standard,
                });
                mounts.paths.extend(names.env_var.map(|name| (name.to_owned(), path)));
            }
        }
    }
    Ok(mounts)
}
