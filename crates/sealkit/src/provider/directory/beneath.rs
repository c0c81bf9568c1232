//! Opens files inside a directory, and never follows a link out of it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// A directory, opened at the first read.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    handle: once_cell::sync::OnceCell<std::os::fd::OwnedFd>,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            #[cfg(target_os = "linux")]
            handle: once_cell::sync::OnceCell::new(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens `name` in this directory. Returns `None` if there is no such file or directory.
    pub(super) fn open(&self, name: &str) -> io::Result<Option<File>> {
        let opened = self.open_beneath(name);
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(&self, name: &str) -> io::Result<File> {
        use rustix::{
            fs::{Mode, OFlags, ResolveFlags, open, openat2},
            io::Errno,
        };

        let handle = self.handle.get_or_try_init(|| {
            open(&self.path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        })?;
        // Non-blocking, so that opening a pipe does not wait for its writer.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        for _ in 0..16 {
            return match openat2(handle, name, flags, Mode::empty(), ResolveFlags::BENEATH) {
                Ok(file) => Ok(file.into()),
                // The tree changed during the call, as it does when Kubernetes updates a secret.
                Err(Errno::AGAIN) => continue,
                Err(Errno::XDEV) => Err(escapes_directory()),
                // Kernels before 5.6, and sandboxes without the call.
                Err(Errno::NOSYS | Errno::PERM) => self.open_checked(name),
                Err(error) => Err(error.into()),
            };
        }
        self.open_checked(name)
    }

    #[cfg(not(target_os = "linux"))]
    fn open_beneath(&self, name: &str) -> io::Result<File> {
        self.open_checked(name)
    }

    /// Resolves every link first, and opens the file only if it is inside the directory.
    fn open_checked(&self, name: &str) -> io::Result<File> {
        let directory = fs::canonicalize(&self.path)?;
        let path = fs::canonicalize(directory.join(name))?;
        if !path.starts_with(&directory) {
            return Err(escapes_directory());
        }
        let metadata = fs::metadata(&path)?;
        if !metadata.is_file() && !metadata.is_dir() {
            // Opening a pipe would wait for its writer.
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        File::open(path)
    }
}

fn escapes_directory() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "a symbolic link leads out of the secret directory")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_fallback_without_openat2_follows_the_same_rules() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "hunter2").unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("plain"), "v").unwrap();
        symlink("plain", dir.path().join("link")).unwrap();
        symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
        symlink("cycle", dir.path().join("cycle")).unwrap();
        let directory = Directory::new(dir.path().to_owned());
        assert!(directory.open_checked("plain").is_ok());
        assert!(directory.open_checked("link").is_ok());
        assert_eq!(directory.open_checked("out").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(directory.open_checked("../secret").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(directory.open_checked("cycle").is_err());
    }
}
