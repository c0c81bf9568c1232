//! Where a store and its key are.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy;
use sealkit_names::variables;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

type Ask = Arc<dyn Fn() -> io::Result<Option<Zeroizing<String>>> + Send + Sync>;

/// Where a store and its key are, and who knows the key's passphrase.
#[derive(Clone)]
pub struct Place {
    directory: PathBuf,
    key_file: PathBuf,
    passphrase: Ask,
}

impl Place {
    /// A store in `directory` whose key is in `key_file`.
    pub fn new(directory: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), key_file: key_file.into(), passphrase: Arc::new(|| Ok(None)) }
    }

    /// The user's own store: `$XDG_DATA_HOME/sealkit/secrets`, by default in `~/.local/share`, with the key
    /// `$SEALKIT_KEY_FILE` or `$XDG_CONFIG_HOME/sealkit/key`, by default in `~/.config`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if there is no home directory.
    pub fn of_user() -> Result<Self> {
        let base = etcetera::base_strategy::Xdg::new().map_err(|_| {
            Error::new(ErrorKind::Io, "the home directory is not known").with_hint("set HOME to it")
        })?;
        let key_file = env::var_os(variables::KEY_FILE).filter(|path| !path.is_empty());
        let key_file = key_file.map_or_else(|| base.config_dir().join("sealkit/key"), PathBuf::from);
        Ok(Self::new(base.data_dir().join("sealkit/secrets"), key_file))
    }

    /// Who is asked for the passphrase of the key, if it has one and it is not in the file `$SEALKIT_PASSPHRASE_FILE`.
    ///
    /// `None` means that nobody knows it.
    #[must_use]
    pub fn passphrase(
        mut self,
        ask: impl Fn() -> io::Result<Option<Zeroizing<String>>> + Send + Sync + 'static,
    ) -> Self {
        self.passphrase = Arc::new(ask);
        self
    }

    /// The directory of the store.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of the key.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// Asks for the passphrase.
    pub(crate) fn ask_passphrase(&self) -> Result<Option<Zeroizing<String>>> {
        match passphrase_file()? {
            Some(passphrase) => Ok(Some(passphrase)),
            None => {
                (self.passphrase)().map_err(|error| Error::io("the passphrase cannot be asked for", error))
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("directory", &self.directory)
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

/// The passphrase in the file `$SEALKIT_PASSPHRASE_FILE`, up to the end of its first line.
///
/// # Errors
///
/// [`ErrorKind::Key`] if that file cannot be read.
fn passphrase_file() -> Result<Option<Zeroizing<String>>> {
    let Some(path) = env::var_os(variables::PASSPHRASE_FILE).filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|error| {
        let path = Path::new(&path).display();
        let what = format!("`{path}`, named by {}, cannot be read", variables::PASSPHRASE_FILE);
        Error::io(what, error)
    })?;
    Ok(text.lines().next().map(|line| Zeroizing::new(line.to_owned())))
}
