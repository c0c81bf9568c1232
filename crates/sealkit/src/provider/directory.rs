//! Secrets in the files of a mounted directory.

mod beneath;

use std::{
    env,
    io::{self, Read},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use sealkit_names::lookup::{self, Pass};

use self::beneath::Directory;
use super::{Found, Mount, Provider};
use crate::{
    Result, Secret, SecretBytes,
    error::{Error, ErrorKind},
    secret_value::MAX_SECRET_BYTES,
};

/// The files below one directory, under the names that Flyte 1 and Flyte 2 give them.
///
/// Symbolic links are followed as long as they stay inside the directory: Kubernetes mounts every secret through
/// one. Only regular files of at most 1 MiB are read.
///
/// ```no_run
/// use sealkit::{MountedDirectory, Session};
///
/// let session = Session::isolated().provider(MountedDirectory::new("/run/my-secrets"));
/// # drop(session);
/// ```
#[derive(Clone, Debug)]
pub struct MountedDirectory {
    directory: Arc<Directory>,
    file_prefix: Arc<str>,
    passes: &'static [Pass],
}

impl MountedDirectory {
    /// The files below `path`, which must be absolute.
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

    fn first<T>(&self, secret: &Secret, mut look: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let request = secret.request();
        let look = &mut look;
        self.passes.iter().find_map(|pass| match pass {
            Pass::Declared => self.declared(secret).and_then(|path| look(&path)),
            Pass::Flytekit | Pass::Injected | Pass::Renamed => {
                lookup::file(*pass, &request, &self.file_prefix, |name| look(name))
            }
        })
    }

    /// The path that the declared variable holds, if it lies below this directory.
    fn declared(&self, secret: &Secret) -> Option<String> {
        let request = secret.request();
        let name = request.env_var.filter(|_| request.mount.may_be_file())?;
        let path = PathBuf::from(env::var_os(name)?);
        let below = path.strip_prefix(self.directory.path()).ok()?;
        let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        (plain && below != Path::new("")).then(|| below.to_str().map(str::to_owned))?
    }

    fn read(&self, name: &str) -> Result<Option<Found>> {
        let path = || self.directory.path().join(name);
        let broken = |error: io::Error| {
            let message = format!("the secret file `{}` cannot be read", path().display());
            Error::provider(message).with_source(error)
        };
        let Some(mut file) = self.directory.open(name).map_err(broken)? else { return Ok(None) };
        let metadata = file.metadata().map_err(broken)?;
        if metadata.is_dir() {
            return Ok(None); // a group's folder, perhaps
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
        let complete = file.read_exact(value.buffer()).is_ok() && file.read(&mut [0]).map_err(broken)? == 0;
        if !complete {
            let message = format!("the secret file `{}` changed while it was read", path().display());
            return Err(Error::provider(message).with_hint("try again"));
        }
        Ok(Some(Found { value, mount: Mount::File(path()) }))
    }
}

impl Provider for MountedDirectory {
    fn name(&self) -> String {
        format!("the directory `{}`", self.directory.path().display())
    }

    fn lookup(&self, secret: &Secret) -> Result<Option<Found>> {
        self.first(secret, |name| self.read(name).transpose()).transpose()
    }

    fn places(&self, secret: &Secret) -> Vec<String> {
        let mut places = Vec::new();
        let _nothing: Option<()> = self.first(secret, |name| {
            places.push(self.directory.path().join(name).display().to_string());
            None
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const REQUEST: Secret = Secret::new("k");

    fn lookup(directory: &Path) -> Result<Option<Found>> {
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
    fn an_absent_directory_or_file_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(lookup(dir.path()).unwrap().is_none());
        assert!(lookup(&dir.path().join("absent")).unwrap().is_none());
        fs::create_dir(dir.path().join("k")).unwrap();
        assert!(lookup(dir.path()).unwrap().is_none());
    }

    #[test]
    fn a_file_above_the_limit_is_refused_unread() {
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
        fn links_inside_the_directory_are_followed_as_kubernetes_needs() {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("..2026")).unwrap();
            fs::write(dir.path().join("..2026/k"), "v").unwrap();
            symlink("..2026", dir.path().join("..data")).unwrap();
            symlink("..data/k", dir.path().join("k")).unwrap();
            assert_eq!(lookup(dir.path()).unwrap().unwrap().value.expose(), b"v");
        }

        #[test]
        fn links_out_of_the_directory_are_refused() {
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
        fn loops_end_in_an_error() {
            let dir = tempfile::tempdir().unwrap();
            symlink("k", dir.path().join("k")).unwrap();
            assert_eq!(lookup(dir.path()).unwrap_err().kind(), ErrorKind::Provider);
            let around = dir.path().join("around");
            symlink(&around, &around).unwrap();
            assert_eq!(lookup(&around).unwrap_err().kind(), ErrorKind::Provider);
        }

        #[test]
        fn a_pipe_is_refused_without_waiting_for_its_writer() {
            let dir = tempfile::tempdir().unwrap();
            let made = std::process::Command::new("mkfifo").arg(dir.path().join("k")).status().unwrap();
            assert!(made.success());
            assert!(lookup(dir.path()).unwrap_err().to_string().ends_with("is not a regular file"));
        }
    }
}
