//! The providers of a session, in the order they are asked.

use std::{
    env,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use sealkit_names::{lookup::Pass, variables};

use super::{Environment, Found, Mount, MountedDirectory, Provider};
use crate::{
    Result, Secret,
    error::{Error, ErrorKind},
    secret_value::is_python_space,
};

/// Providers in the order they are asked.
#[derive(Debug)]
pub(crate) struct Chain(Vec<Arc<dyn Provider>>);

/// What a read would rather have, where a secret can be found more than once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preferred {
    /// The first that is found.
    First,
    /// One that is mounted as a file.
    File,
    /// One that is mounted as an environment variable.
    Variable,
}

impl Chain {
    /// `own` alone.
    pub(crate) fn isolated(own: Vec<Arc<dyn Provider>>) -> Self {
        Self(own)
    }

    /// What Flyte has mounted in this process; where it is not a pod, also the unprefixed names of local runs,
    /// then `own`, and then the local store.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the variables that describe the mounts make no sense.
    pub(crate) fn standard(own: &[Arc<dyn Provider>]) -> Result<Self> {
        let in_pod = is_pod();
        let prefix = setting(variables::ENV_PREFIX)?;
        let directory = setting(variables::DEFAULT_DIR)?;
        // An injector says where it puts secrets.
        let injected = [&prefix, &directory].map(|setting| in_pod && setting.is_some());
        let prefixes = match prefix {
            Some(prefix) => variables::prefix_spellings(prefix),
            None => variables::DEFAULT_ENV_PREFIXES.map(str::to_owned).to_vec(),
        };
        let file_prefix = setting(variables::FILE_PREFIX)?.unwrap_or_default();
        if file_prefix.contains(['/', '\\', '\0']) || file_prefix == ".." {
            return Err(misconfigured(variables::FILE_PREFIX, "the beginning of a file name, not a path"));
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

        let environment = |passes| Environment::new(passes, prefixes.clone(), !in_pod, mounts.clone());
        let mut chain: Vec<Arc<dyn Provider>> = Vec::with_capacity(12);
        for directory in &directories {
            chain.push(Arc::new(directory.pass(&[Pass::Declared])));
        }
        // flytekit's order, which has one directory, and then all that flytekit misses.
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
            chain.extend(own.iter().cloned());
            #[cfg(all(unix, feature = "store"))]
            chain.push(Arc::new(super::LocalStore::new()));
        }
        Ok(Self(chain))
    }

    /// Asks one provider after the other.
    pub(crate) fn find(&self, secret: &Secret, preferred: Preferred) -> Result<Option<Found>> {
        let mut first = None;
        for provider in &self.0 {
            let Some(found) = provider.lookup(secret)? else { continue };
            let wanted = match preferred {
                Preferred::First => true,
                Preferred::File => matches!(found.mount, Mount::File(_)),
                Preferred::Variable => matches!(found.mount, Mount::Variable(_)),
            };
            if wanted {
                return Ok(Some(found));
            }
            first = first.or(Some(found));
        }
        Ok(first)
    }

    /// Every place where `secret` was looked for, each once.
    pub(crate) fn places(&self, secret: &Secret) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        for place in self.0.iter().flat_map(|provider| provider.places(secret)) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// The command that would put `secret` where it is found.
    pub(crate) fn remedy(&self, secret: &Secret) -> Option<String> {
        self.0.iter().find_map(|provider| provider.remedy(secret))
    }
}

/// Whether Flyte has started this process.
pub(crate) fn is_pod() -> bool {
    env::var_os(variables::EXECUTION_ID).is_some_and(|id| !id.is_empty())
}

/// A variable's text, stripped as flytekit strips it, which takes an empty one for unset.
fn setting(name: &str) -> Result<Option<String>> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = value.to_str().ok_or_else(|| misconfigured(name, "UTF-8 text"))?;
    Ok(Some(text.trim_matches(is_python_space).to_owned()))
}

fn absolute(path: String) -> Result<PathBuf> {
    let upwards = Path::new(&path).components().any(|part| part == Component::ParentDir);
    if Path::new(&path).is_absolute() && !upwards {
        return Ok(path.into());
    }
    Err(misconfigured(variables::DEFAULT_DIR, "an absolute path without `..`"))
}

fn misconfigured(name: &str, expected: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("the environment variable `{name}` must be {expected}"))
        .with_hint(format!("unset it, or set it to {expected}"))
}
