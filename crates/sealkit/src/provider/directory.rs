//! The provider for files in a mounted directory.

mod beneath;

use std::{
    env,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use sealkit_names::lookup::{self, Pass};

use self::beneath::Directory;
use super::{Mount, ProvidedValue, Provider};
use crate::{
    Result, Secret, SecretBytes,
    error::{Error, ErrorKind},
    secret_value::MAX_SECRET_BYTES,
};

/// A provider for the files in one directory, with the file names that Flyte 1 and Flyte 2 use.
///
/// For a request with key `k` and group `g` these are `g/k` and `k`, also in lower case; with a group version `v`, also
/// `g/v/k`. A standard [`Session`](crate::Session) reads `$FLYTE_SECRETS_DEFAULT_DIR` (by default `/etc/secrets` and
/// `/etc/flyte/secrets`) without further setup.
///
/// Symbolic links are followed only inside the directory, because Kubernetes mounts every secret through one. Only
/// regular files of at most 1 MiB are read; any other file is an error of kind
/// [`Provider`](crate::ErrorKind::Provider) or [`TooLarge`](crate::ErrorKind::TooLarge).
///
/// # Examples
///
/// ```
/// use sealkit::{MountedDirectory, Session, current_context, task};
///
/// #[task(secret_requests = [Secret(key = "pin", group = "db")])]
/// fn digits() -> sealkit::Result<usize> {
///     Ok(current_context().secrets().get("pin")?.expose().len())
/// }
///
/// let directory = tempfile::tempdir()?;
/// std::fs::create_dir(directory.path().join("db"))?;
/// std::fs::write(directory.path().join("db/pin"), "1234\n")?;
///
/// let session = Session::isolated().provider(MountedDirectory::new(directory.path()));
/// assert_eq!(session.run(digits)?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MountedDirectory {
    directory: Arc<Directory>,
    file_prefix: Arc<str>,
    passes: &'static [Pass],
}

impl MountedDirectory {
    /// Creates a provider for the files in `path`, which must be absolute.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with_file_prefix(path.into(), "")
    }

    pub(super) fn with_file_prefix(path: PathBuf, file_prefix: &str) -> Self {
        let passes = &[Pass::Declared, Pass::Flytekit, Pass::Injected];
        Self { directory: Arc::new(Directory::new(path)), file_prefix: file_prefix.into(), passes }
    }

    pub(super) fn pass(&self, passes: &'static [Pass]) -> Self {
        Self { passes, ..self.clone() }
    }

    /// Calls `visit` with the name of every candidate file until it returns a value.
    fn first<T>(&self, secret: &Secret, mut visit: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let request = secret.request();
        let visit = &mut visit;
        self.passes.iter().find_map(|pass| match pass {
            Pass::Declared => self.declared(secret).and_then(|path| visit(&path)),
            Pass::Flytekit | Pass::Injected | Pass::Renamed => {
                lookup::file(*pass, &request, &self.file_prefix, |name| visit(name))
            }
        })
    }

    /// Returns the path in the requested variable, relative to this directory, if it is inside.
    fn declared(&self, secret: &Secret) -> Option<String> {
        let request = secret.request();
        let name = request.env_var.filter(|_| request.mount.may_be_file())?;
        let path = PathBuf::from(env::var_os(name)?);
        let relative = path.strip_prefix(self.directory.path()).ok()?;
        let is_plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        (is_plain && relative != Path::new("")).then(|| relative.to_str().map(str::to_owned))?
    }

    fn read(&self, name: &str) -> Result<Option<ProvidedValue>> {
        let path = || self.directory.path().join(name);
        let unreadable = |error: io::Error| {
            Error::provider(format!("cannot read the secret file `{}`", path().display())).with_source(error)
        };
        let Some(mut file) = self.directory.open(name).map_err(unreadable)? else { return Ok(None) };
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Ok(None); // possibly the directory of a group
        }
        if !metadata.is_file() {
            return Err(Error::provider(format!("`{}` is not a regular file", path().display())));
        }
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        if length > MAX_SECRET_BYTES {
            let message =
                format!("the secret file `{}` is larger than 1 MiB ({length} bytes)", path().display());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let mut value = SecretBytes::zeroed(length);
        let complete =
            file.read_exact(value.buffer()).is_ok() && file.read(&mut [0]).map_err(unreadable)? == 0;
        if !complete {
            let message = format!("the secret file `{}` changed while it was read", path().display());
            return Err(Error::provider(message).with_hint("try again"));
        }
        Ok(Some(ProvidedValue { value, mount: Mount::File(path()) }))
    }
}

impl Provider for MountedDirectory {
    fn name(&self) -> String {
        format!("the directory `{}`", self.directory.path().display())
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<ProvidedValue>> {
        self.first(secret, |name| self.read(name).transpose()).transpose()
    }

    fn locations(&self, secret: &Secret) -> Vec<String> {
        let mut locations = Vec::new();
        let _: Option<()> = self.first(secret, |name| {
            locations.push(self.directory.path().join(name).display().to_string());
            None
        });
        locations
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const REQUEST: Secret = Secret::new("k");

    fn lookup(directory: &Path) -> Result<Option<ProvidedValue>> {
        MountedDirectory::new(directory).lookup(&REQUEST)
    }

    #[test]
    fn a_file_is_read_exactly() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("k"), b" a\xff\n").unwrap();
        let found = lookup(dir.path()).unwrap().unwrap();
        assert_eq!(found.value.expose(), b" a\xff\n");
        assert!(matches!(found.mount, Mount::File(path) if path == dir.path().join("k")));
    }

    #[test]
    fn a_missing_directory_or_file_is_not_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(lookup(dir.path()).unwrap().is_none());
        assert!(lookup(&dir.path().join("missing")).unwrap().is_none());
        fs::create_dir(dir.path().join("k")).unwrap();
        assert!(lookup(dir.path()).unwrap().is_none());
    }

    #[test]
    fn a_file_above_the_limit_is_rejected_before_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = fs::File::create(dir.path().join("k")).unwrap();
        file.set_len(100 << 20).unwrap();
        let error = lookup(dir.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.to_string().ends_with("is larger than 1 MiB (104857600 bytes)"), "{error}");
        file.set_len(MAX_SECRET_BYTES as u64).unwrap();
        assert_eq!(lookup(dir.path()).unwrap().unwrap().value.expose().len(), MAX_SECRET_BYTES);
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::symlink;

        use super::*;

        #[test]
        fn links_inside_the_directory_are_followed() {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("..2026")).unwrap();
            fs::write(dir.path().join("..2026/k"), "v").unwrap();
            symlink("..2026", dir.path().join("..data")).unwrap();
            symlink("..data/k", dir.path().join("k")).unwrap();
            assert_eq!(lookup(dir.path()).unwrap().unwrap().value.expose(), b"v");
        }

        #[test]
        fn links_out_of_the_directory_are_rejected() {
            let outside = tempfile::tempdir().unwrap();
            fs::write(outside.path().join("k"), "hunter2").unwrap();
            let dir = tempfile::tempdir().unwrap();
            for target in [
                outside.path().join("k"),
                PathBuf::from("../").join(outside.path().file_name().unwrap()).join("k"),
            ] {
                let _ = fs::remove_file(dir.path().join("k"));
                symlink(&target, dir.path().join("k")).unwrap();
                let error = lookup(dir.path()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Provider);
                assert!(
                    std::error::Error::source(&error).unwrap().to_string().contains("leads out of"),
                    "{error:?}"
                );
            }
        }

        #[test]
        fn loops_of_links_are_errors() {
            let dir = tempfile::tempdir().unwrap();
            symlink("k", dir.path().join("k")).unwrap();
            assert_eq!(lookup(dir.path()).unwrap_err().kind(), ErrorKind::Provider);
            let cycle = dir.path().join("cycle");
            symlink(&cycle, &cycle).unwrap();
            assert_eq!(lookup(&cycle).unwrap_err().kind(), ErrorKind::Provider);
        }

        #[test]
        fn a_pipe_is_rejected_without_waiting_for_its_writer() {
            let dir = tempfile::tempdir().unwrap();
            let status = std::process::Command::new("mkfifo").arg(dir.path().join("k")).status().unwrap();
            assert!(status.success());
            assert!(lookup(dir.path()).unwrap_err().to_string().ends_with("is not a regular file"));
        }
    }
}
