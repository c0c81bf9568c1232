//! The paths of a store and its key.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy;
use sealkit_names::variables;
use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind, Result},
    passphrase::{self, read_passphrase_file},
};

type PassphrasePrompt = Arc<dyn Fn() -> io::Result<Option<Zeroizing<String>>> + Send + Sync>;

/// The paths of a store and its key file, and a prompt for the passphrase of the key.
#[derive(Clone)]
pub struct StorePaths {
    directory: PathBuf,
    key_file: PathBuf,
    prompt: PassphrasePrompt,
}

impl StorePaths {
    /// Returns the paths of a store in `directory` whose key is in `key_file`.
    pub fn new(directory: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), key_file: key_file.into(), prompt: Arc::new(|| Ok(None)) }
    }

    /// Returns the paths of the current user's store.
    ///
    /// | | the first of these variables that is set | default |
    /// |---|---|---|
    /// | store | `$SEALKIT_HOME/secrets`, `$XDG_DATA_HOME/sealkit/secrets` | `~/.local/share/sealkit/secrets` |
    /// | key file | `$SEALKIT_KEY_FILE`, `$SEALKIT_HOME/key`, `$XDG_CONFIG_HOME/sealkit/key` | `~/.config/sealkit/key` |
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Io`] if no variable is set and the home directory is unknown.
    pub fn for_user() -> Result<Self> {
        let variable = |name: &str| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let (directory, key_file) = if let Some(home) = variable(variables::HOME) {
            (home.join("secrets"), home.join("key"))
        } else {
            let base = etcetera::base_strategy::Xdg::new().map_err(|_| {
                Error::new(ErrorKind::Io, "the home directory is unknown").with_hint(format!(
                    "set HOME to your home directory, or {} to a directory for the store",
                    variables::HOME
                ))
            })?;
            (base.data_dir().join("sealkit/secrets"), base.config_dir().join("sealkit/key"))
        };
        Ok(Self::new(directory, variable(variables::KEY_FILE).unwrap_or(key_file)))
    }

    /// Sets the function that prompts for the passphrase of the key.
    ///
    /// It is called if the key is encrypted and `SEALKIT_PASSPHRASE_FILE` does not provide the passphrase; see
    /// [`read_passphrase_file`]. It returns `None` if the passphrase is not available.
    #[must_use]
    pub fn passphrase_prompt(
        mut self,
        prompt: impl Fn() -> io::Result<Option<Zeroizing<String>>> + Send + Sync + 'static,
    ) -> Self {
        self.prompt = Arc::new(prompt);
        self
    }

    /// Returns the directory of the store.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the path of the key file.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// Returns the passphrase from the file `$SEALKIT_PASSPHRASE_FILE` or else from the prompt.
    pub(crate) fn passphrase(&self) -> Result<Option<Zeroizing<String>>> {
        if let Some(path) = passphrase::file_from_env()
            && let Some(passphrase) = read_passphrase_file(&path).map_err(with_variable_hint)?
        {
            return Ok(Some(passphrase));
        }
        (self.prompt)().map_err(|error| Error::io("cannot prompt for the passphrase", error))
    }
}

/// Names the variable that selects the file, unless the error has a more specific hint.
fn with_variable_hint(error: Error) -> Error {
    match error.hint() {
        Some(_) => error,
        None => error.with_hint(format!("check the variable {}", variables::PASSPHRASE_FILE)),
    }
}

impl fmt::Debug for StorePaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorePaths")
            .field("directory", &self.directory)
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}
