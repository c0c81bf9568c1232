//! File system access.
//!
//! Every change of a store is a sequence of [`Operation`]s. Because operations are data, tests can drop those that were
//! not synced, or let any of them fail, and then examine the result.

mod rename;
pub(crate) mod whole_file;

use std::{
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawMode};
use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind, Result, shell_quote},
    file_system,
};

/// A change below the directory of a store. Paths are relative to that directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Creates a directory, if it does not exist.
    CreateDirectory(PathBuf),
    /// Creates a file with these contents.
    WriteFile(PathBuf, Vec<u8>),
    /// Makes the contents of a file durable.
    SyncFile(PathBuf),
    /// Renames a file, and fails if the new name exists.
    RenameNoReplace(PathBuf, PathBuf),
    /// Renames a file, and replaces the file with the new name.
    RenameReplace(PathBuf, PathBuf),
    /// Makes the names in a directory durable.
    SyncDirectory(PathBuf),
    /// Removes a file.
    RemoveFile(PathBuf),
}

/// Applies operations.
pub(crate) trait FileSystem: fmt::Debug + Send + Sync {
    fn apply(&self, operation: &Operation) -> io::Result<()>;
}

const OPEN: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);
const OPEN_DIRECTORY: OFlags = OPEN.union(OFlags::DIRECTORY).union(OFlags::RDONLY);
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open directory.
#[derive(Debug)]
pub(crate) struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// Opens a private directory, or returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotPrivate`] if `path` is a symbolic link, belongs to another user, or is accessible to
    /// other users.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>> {
        let Some(directory) = Self::open_with(path, OPEN_DIRECTORY)? else { return Ok(None) };
        check_private(&directory.fd, path, "700")?;
        Ok(Some(directory))
    }

    /// Opens a directory that other users may access, or returns `None` if it does not exist.
    pub(crate) fn open_shared(path: &Path) -> Result<Option<Self>> {
        // The parent of a bare file name, such as `key`, is the empty path.
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Self::open_with(path, OPEN_DIRECTORY.difference(OFlags::NOFOLLOW))
    }

    fn open_with(path: &Path, flags: OFlags) -> Result<Option<Self>> {
        let fd = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => {
                let message = format!("`{}` is not a directory", path.display());
                let hint = format!("inspect it and move it away: ls -ld {}", shell_quote(path));
                return Err(Error::new(ErrorKind::NotPrivate, message).with_hint(hint));
            }
            Err(error) => return Err(io_error("opened", path, error)),
        };
        Ok(Some(Self { fd, path: path.to_owned() }))
    }

    /// Opens a private directory, and creates it and its missing parents if necessary.
    pub(crate) fn open_or_create(path: &Path) -> Result<Self> {
        if let Some(directory) = Self::open(path)? {
            return Ok(directory);
        }
        create_directories(path)?;
        Self::open(path)?.ok_or_else(|| {
            Error::new(ErrorKind::Io, format!("`{}` was removed by another process", path.display()))
        })
    }

    /// Returns the path of the directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a private file, or returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotPrivate`] if the file is not a regular file, belongs to another user, is accessible to
    /// other users, or is longer than `max` bytes.
    pub(crate) fn read(&self, name: &Path, max: usize) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let path = self.path.join(name);
        let opened = self.parent(name).and_then(|(parent, file)| {
            rustix::fs::openat(&parent, file, OPEN | OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())
        });
        let fd = match opened {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(unexpected_file(&path, "is a symbolic link")),
            Err(error) => return Err(io_error("opened", &path, error)),
        };
        let length = check_private(&fd, &path, "600")?;
        let length = usize::try_from(length).ok().filter(|length| *length <= max);
        let Some(length) = length else { return Err(unexpected_file(&path, "is too long")) };
        let mut bytes = Zeroizing::new(vec![0; length]);
        let mut file = File::from(fd);
        file.read_exact(&mut bytes).map_err(|error| io_error("read", &path, errno(&error)))?;
        Ok(Some(bytes))
    }

    /// Returns the file names in a subdirectory, or no names if it does not exist.
    ///
    /// On Linux the names are a consistent snapshot, unless there are tens of thousands.
    pub(crate) fn file_names(&self, name: &Path) -> Result<Vec<String>> {
        self.file_names_with_prefix(name, "", &mut Vec::new())
    }

    /// Returns the file names in a subdirectory that start with `prefix`.
    ///
    /// The kernel writes the names into `buffer`, which callers can reuse.
    pub(crate) fn file_names_with_prefix(
        &self,
        name: &Path,
        prefix: &str,
        buffer: &mut Vec<u8>,
    ) -> Result<Vec<String>> {
        let path = self.path.join(name);
        let opened = self
            .parent(&name.join("_"))
            .and_then(|(directory, _)| read_directory(&directory, prefix.as_bytes(), buffer));
        match opened {
            Ok(names) => Ok(names),
            Err(rustix::io::Errno::NOENT) => Ok(Vec::new()),
            Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => {
                Err(unexpected_file(&path, "is not a directory"))
            }
            Err(error) => Err(io_error("listed", &path, error)),
        }
    }

    /// Opens a lock file, and creates it if it does not exist.
    pub(crate) fn open_lock_file(&self, name: &str) -> Result<OwnedFd> {
        let flags = OPEN | OFlags::RDWR | OFlags::CREATE;
        rustix::fs::openat(&self.fd, name, flags, PRIVATE).map_err(|error| {
            let hint = file_system::hint(&self.path, &error.into());
            io_error("changed", &self.path, error).with_optional_hint(hint)
        })
    }

    /// Opens the parent directory of `path` without following symbolic links, and returns it with the file name.
    fn parent<'p>(&self, path: &'p Path) -> rustix::io::Result<(OwnedFd, &'p OsStr)> {
        let mut parts = path.components().peekable();
        // Reopen the directory: a duplicate would share the read position of a listing.
        let mut directory = rustix::fs::openat(&self.fd, ".", OPEN_DIRECTORY, Mode::empty())?;
        while let Some(part) = parts.next() {
            let Component::Normal(part) = part else { return Err(rustix::io::Errno::INVAL) };
            if parts.peek().is_none() {
                return Ok((directory, part));
            }
            directory = rustix::fs::openat(&directory, part, OPEN_DIRECTORY, Mode::empty())?;
        }
        Err(rustix::io::Errno::INVAL)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        let flags = OPEN | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let mut file = File::from(rustix::fs::openat(&parent, name, flags, PRIVATE)?);
        file.write_all(bytes)
    }
}

impl FileSystem for Directory {
    fn apply(&self, operation: &Operation) -> io::Result<()> {
        match operation {
            Operation::CreateDirectory(path) => {
                let (parent, name) = self.parent(path)?;
                match rustix::fs::mkdirat(&parent, name, PRIVATE | Mode::XUSR) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
            Operation::WriteFile(path, bytes) => self.write(path, bytes),
            Operation::SyncFile(path) => {
                let (parent, name) = self.parent(path)?;
                sync(&rustix::fs::openat(&parent, name, OPEN | OFlags::RDONLY, Mode::empty())?)
            }
            Operation::RenameNoReplace(from, to) => {
                let ((from, old), (to, new)) = (self.parent(from)?, self.parent(to)?);
                Ok(rename::rename_no_replace((&from, old), (&to, new))?)
            }
            Operation::RenameReplace(from, to) => {
                let ((from, old), (to, new)) = (self.parent(from)?, self.parent(to)?);
                Ok(rustix::fs::renameat(&from, old, &to, new)?)
            }
            Operation::SyncDirectory(path) => sync_directory(&self.parent(&path.join("_"))?.0),
            Operation::RemoveFile(path) => {
                let (parent, name) = self.parent(path)?;
                Ok(rustix::fs::unlinkat(&parent, name, AtFlags::empty())?)
            }
        }
    }
}

/// Waits until the names in an open directory are durable. Some file systems, such as CIFS, cannot: they have no better promise to give.
fn sync_directory(fd: &OwnedFd) -> io::Result<()> {
    use rustix::io::Errno;
    match sync(fd) {
        Err(error)
            if [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::BADF]
                .contains(&errno(&error)) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

/// Waits until the contents of an open file or directory are durable.
fn sync(fd: &OwnedFd) -> io::Result<()> {
    // On Apple systems `fsync` does not flush the cache of the drive.
    #[cfg(target_vendor = "apple")]
    return Ok(rustix::fs::fcntl_fullfsync(fd)?);
    #[cfg(not(target_vendor = "apple"))]
    Ok(rustix::fs::fsync(fd)?)
}

/// Creates the directory `path` and its missing parents.
pub(crate) fn create_directories(path: &Path) -> Result<()> {
    create_durable_directories(path).map_err(|error| {
        let hint = file_system::hint(path, &error);
        Error::io(format_args!("`{}` cannot be created", path.display()), error).with_optional_hint(hint)
    })
}

/// Creates `path` and its missing parents with mode `0700`, and makes each of them durable.
fn create_durable_directories(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if let Some(parent) = path.parent()
        && !parent.as_os_str().is_empty()
        && !parent.try_exists()?
    {
        create_durable_directories(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(&File::open(parent)?.into()),
        _ => Ok(()),
    }
}

/// Checks that only the current user can access an open file or directory, and returns its size.
fn check_private(fd: &OwnedFd, path: &Path, mode: &str) -> Result<u64> {
    let stat = rustix::fs::fstat(fd).map_err(|error| io_error("examined", path, error))?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        let message = format!("`{}` belongs to another user", path.display());
        let hint = format!("change the owner: sudo chown \"$USER\" {}", shell_quote(path));
        return Err(Error::new(ErrorKind::NotPrivate, message).with_hint(hint));
    }
    #[allow(clippy::useless_conversion, reason = "the type differs between systems")]
    let bits = RawMode::from(stat.st_mode);
    if Mode::from_raw_mode(bits).intersects(Mode::RWXG | Mode::RWXO) {
        let message = format!("`{}` is accessible to other users", path.display());
        let hint = format!("restrict its mode: chmod {mode} {}", shell_quote(path));
        return Err(Error::new(ErrorKind::NotPrivate, message).with_hint(hint));
    }
    match FileType::from_raw_mode(bits) {
        FileType::RegularFile | FileType::Directory => Ok(u64::try_from(stat.st_size).unwrap_or(u64::MAX)),
        _ => Err(unexpected_file(path, "is not a regular file")),
    }
}

fn unexpected_file(path: &Path, problem: &str) -> Error {
    let hint = format!("inspect it and move it away: ls -l {}", shell_quote(path));
    Error::new(ErrorKind::NotPrivate, format!("`{}` {problem}", path.display())).with_hint(hint)
}

fn io_error(action: &str, path: &Path, error: rustix::io::Errno) -> Error {
    Error::io(format_args!("`{}` cannot be {action}", path.display()), error.into())
}

fn errno(error: &io::Error) -> rustix::io::Errno {
    rustix::io::Errno::from_io_error(error).unwrap_or(rustix::io::Errno::IO)
}

#[cfg(target_os = "linux")]
fn read_directory(
    directory: &OwnedFd,
    prefix: &[u8],
    buffer: &mut Vec<u8>,
) -> rustix::io::Result<Vec<String>> {
    // The kernel holds the lock of the directory while it fills the buffer once.
    const BUFFER_SIZE: usize = 1 << 20;
    buffer.reserve(BUFFER_SIZE);
    let mut entries = rustix::fs::RawDir::new(directory, buffer.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_bytes().starts_with(prefix)
            && let Ok(name) = name.to_str()
            && !matches!(name, "." | "..")
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(not(target_os = "linux"))]
fn read_directory(
    directory: &OwnedFd,
    prefix: &[u8],
    _buffer: &mut Vec<u8>,
) -> rustix::io::Result<Vec<String>> {
    let entries = rustix::fs::Dir::read_from(directory)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_str().ok().map(str::to_owned)));
    let names: rustix::io::Result<Vec<Option<String>>> = names.collect();
    let is_match = |name: &String| name.as_bytes().starts_with(prefix) && !matches!(&**name, "." | "..");
    Ok(names?.into_iter().flatten().filter(is_match).collect())
}
