//! The providers of a session, in the order in which they are asked.

use std::{
    env,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use sealkit_names::{lookup::Pass, variables};

use super::{EnvironmentVariables, Mount, MountedDirectory, ProvidedValue, Provider};
use crate::{
    Result, Secret,
    error::{Error, ErrorKind},
};

/// A list of providers, in the order in which they are asked.
#[derive(Debug)]
pub(crate) struct Chain(Vec<Arc<dyn Provider>>);

/// The mount that a read prefers if several providers have the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preference {
    /// The first value, with or without a mount.
    First,
    /// A file.
    File,
    /// An environment variable.
    Variable,
}

impl Chain {
    /// Creates a chain of `providers` alone.
    pub(crate) fn isolated(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self(providers)
    }

    /// Creates the standard chain: the mounts of Flyte and, outside a pod, the unprefixed names of local runs, `providers` and the
    /// local store.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`ErrorKind::Configuration`] if a variable that describes the mounts has an invalid value.
    pub(crate) fn standard(providers: &[Arc<dyn Provider>]) -> Result<Self> {
        let in_pod = is_pod();
        let prefix = setting(variables::ENV_PREFIX)?;
        let directory = setting(variables::DEFAULT_DIR)?;
        // In a pod, these variables come from the injector that mounted the secrets.
        let injected = [&prefix, &directory].map(|setting| in_pod && setting.is_some());
        let prefixes = match prefix {
            Some(prefix) => variables::prefix_spellings(prefix),
            None => variables::DEFAULT_ENV_PREFIXES.map(str::to_owned).to_vec(),
        };
        let file_prefix = setting(variables::FILE_PREFIX)?.unwrap_or_default();
        if file_prefix.contains(['/', '\\', '\0']) || file_prefix == ".." {
            return Err(invalid_variable(variables::FILE_PREFIX, "the prefix of a file name, not a path"));
        }
        let mounts = match directory {
            Some(path) => vec![absolute(path)?],
            None => variables::DEFAULT_DIRS.map(PathBuf::from).to_vec(),
        };
        let directories: Vec<MountedDirectory> = mounts
            .iter()
            .cloned()
            .map(|path| MountedDirectory::with_file_prefix(path, &file_prefix))
            .collect();

        let environment =
            |passes| EnvironmentVariables::new(passes, prefixes.clone(), !in_pod, mounts.clone());
        let mut chain: Vec<Arc<dyn Provider>> = Vec::with_capacity(12);
        for directory in &directories {
            chain.push(Arc::new(directory.pass(&[Pass::Declared])));
        }
        // flytekit's order, which has one directory, and then the names that flytekit does not know.
        chain.push(Arc::new(environment(&[Pass::Declared, Pass::Flytekit])));
        chain.extend(directories.first().map(|first| Arc::new(first.pass(&[Pass::Flytekit])) as _));
        chain.push(Arc::new(environment(&[Pass::Injected])));
        for directory in &directories {
            chain.push(Arc::new(directory.pass(&[Pass::Flytekit, Pass::Injected])));
        }
        let [variables, files] = injected;
        if variables {
            chain.push(Arc::new(environment(&[Pass::Renamed])));
        }
        if files {
            chain.extend(directories.iter().map(|directory| Arc::new(directory.pass(&[Pass::Renamed])) as _));
        }
        if !in_pod {
            chain.extend(providers.iter().cloned());
            #[cfg(all(unix, feature = "store"))]
            chain.push(Arc::new(super::LocalStore::new()));
        }
        Ok(Self(chain))
    }

    /// Asks the providers in order, and returns the first value with the preferred mount, or else the first value.
    pub(crate) fn find(&self, secret: &Secret, preference: Preference) -> Result<Option<ProvidedValue>> {
        let mut first = None;
        for provider in &self.0 {
            let Some(found) = provider.lookup(secret)? else { continue };
            let is_preferred = match preference {
                Preference::First => true,
                Preference::File => matches!(found.mount, Mount::File(_)),
                Preference::Variable => matches!(found.mount, Mount::Variable(_)),
            };
            if is_preferred {
                return Ok(Some(found));
            }
            first = first.or(Some(found));
        }
        Ok(first)
    }

    /// Returns every location where `secret` was looked for, without duplicates.
    pub(crate) fn locations(&self, secret: &Secret) -> Vec<String> {
        let mut locations: Vec<String> = Vec::new();
        for location in self.0.iter().flat_map(|provider| provider.locations(secret)) {
            if !locations.contains(&location) {
                locations.push(location);
            }
        }
        locations
    }

    /// Returns the command that creates `secret`, from the first provider that has one.
    pub(crate) fn create_command(&self, secret: &Secret) -> Option<String> {
        self.0.iter().find_map(|provider| provider.create_command(secret))
    }
}

/// Whether Flyte has started this process.
pub(crate) fn is_pod() -> bool {
    env::var_os(variables::EXECUTION_ID).is_some_and(|id| !id.is_empty())
}

/// Returns the text of a variable, stripped as flytekit strips it. An empty variable counts as unset, as in flytekit.
fn setting(name: &str) -> Result<Option<String>> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.to_str().ok_or_else(|| invalid_variable(name, "UTF-8 text"))?;
    Ok(Some(text.trim_matches(sealkit_names::is_white_space).to_owned()))
}

fn absolute(path: String) -> Result<PathBuf> {
    let has_parent = Path::new(&path).components().any(|part| part == Component::ParentDir);
    if Path::new(&path).is_absolute() && !has_parent {
        return Ok(path.into());
    }
    Err(invalid_variable(variables::DEFAULT_DIR, "an absolute path without `..`"))
}

fn invalid_variable(name: &str, expected: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("the environment variable `{name}` must be {expected}"))
        .with_hint(format!("unset it, or set it to {expected}"))
}
