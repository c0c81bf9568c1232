//! The file system: every change of a store is a [`Step`], and nothing else changes one.
//!
//! That the steps are data is what makes the promises testable: a test can lose the ones that were not synced, or let
//! any of them fail, and look at what is left.

use std::{
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawMode, RenameFlags};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result, quoted};

/// One change below the directory of a store. Paths are relative to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Makes a directory, if it is not there.
    MakeDirectory(PathBuf),
    /// Writes a new file.
    Write(PathBuf, Vec<u8>),
    /// Makes the content of a file survive a loss of power.
    SyncFile(PathBuf),
    /// Renames a file, unless there is one of the new name.
    Publish(PathBuf, PathBuf),
    /// Renames a file, in place of the one of the new name.
    Replace(PathBuf, PathBuf),
    /// Makes the names in a directory survive a loss of power.
    SyncDirectory(PathBuf),
    /// Removes a file.
    Remove(PathBuf),
}

/// Who carries out steps.
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    fn apply(&self, step: &Step) -> io::Result<()>;
}

const OPEN: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);
const OPEN_DIRECTORY: OFlags = OPEN.union(OFlags::DIRECTORY).union(OFlags::RDONLY);
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open directory that belongs to us alone.
#[derive(Debug)]
pub(crate) struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// Opens `path`, `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPrivate`] if it is a link, another user's, or open to others.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>> {
        let Some(directory) = Self::open_with(path, OPEN_DIRECTORY)? else { return Ok(None) };
        private(&directory.fd, path, "700")?;
        Ok(Some(directory))
    }

    /// Opens a directory in which only our own file has to be private.
    pub(crate) fn open_shared(path: &Path) -> Result<Option<Self>> {
        // What is written as `key` alone is in the current directory.
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Self::open_with(path, OPEN_DIRECTORY.difference(OFlags::NOFOLLOW))
    }

    fn open_with(path: &Path, flags: OFlags) -> Result<Option<Self>> {
        let fd = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => {
                let message = format!("`{}` is not a directory", path.display());
                let hint = format!("look at it, and move it away: ls -ld {}", quoted(path));
                return Err(Error::new(ErrorKind::NotPrivate, message).with_hint(hint));
            }
            Err(error) => return Err(cannot("opened", path, error)),
        };
        Ok(Some(Self { fd, path: path.to_owned() }))
    }

    /// Opens `path`, which is made if it is not there, as all directories above it are.
    pub(crate) fn open_or_create(path: &Path) -> Result<Self> {
        if let Some(directory) = Self::open(path)? {
            return Ok(directory);
        }
        make(path)?;
        Self::open(path)?.ok_or_else(|| {
            Error::new(ErrorKind::Io, format!("`{}` was removed by another process", path.display()))
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of ours: its bytes, or `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotPrivate`] if it is a link, another user's, or open to others; [`ErrorKind::Damaged`] if it is no
    /// file, or longer than `max`.
    pub(crate) fn read(&self, name: &Path, max: usize) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let path = self.path.join(name);
        let opened = self.parent(name).and_then(|(parent, file)| {
            rustix::fs::openat(&parent, file, OPEN | OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())
        });
        let fd = match opened {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(rustix::io::Errno::LOOP) => return Err(no_file(&path, "a link")),
            Err(error) => return Err(cannot("opened", &path, error)),
        };
        let length = private(&fd, &path, "600")?;
        let length = usize::try_from(length).ok().filter(|length| *length <= max);
        let Some(length) = length else { return Err(no_file(&path, "too long")) };
        let mut bytes = Zeroizing::new(vec![0; length]);
        let mut file = File::from(fd);
        file.read_exact(&mut bytes).map_err(|error| cannot("read", &path, errno(&error)))?;
        Ok(Some(bytes))
    }

    /// The names in a directory below this one, none if there is no such directory.
    ///
    /// On Linux all of them are as of one moment, unless there are tens of thousands.
    pub(crate) fn names(&self, name: &Path) -> Result<Vec<String>> {
        self.names_from(name, "", &mut Vec::new())
    }

    /// Those of the names that begin with `start`; `room` is where the kernel writes them.
    pub(crate) fn names_from(&self, name: &Path, start: &str, room: &mut Vec<u8>) -> Result<Vec<String>> {
        let path = self.path.join(name);
        let opened =
            self.parent(&name.join("_")).and_then(|(directory, _)| list(&directory, start.as_bytes(), room));
        match opened {
            Ok(names) => Ok(names),
            Err(rustix::io::Errno::NOENT) => Ok(Vec::new()),
            Err(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => Err(no_file(&path, "no directory")),
            Err(error) => Err(cannot("listed", &path, error)),
        }
    }

    /// A file that is there to be locked.
    pub(crate) fn lock_file(&self, name: &str) -> Result<OwnedFd> {
        let flags = OPEN | OFlags::RDWR | OFlags::CREATE;
        rustix::fs::openat(&self.fd, name, flags, PRIVATE)
            .map_err(|error| cannot("changed, and is as it was", &self.path, error))
    }

    /// The directory that holds the last part of `path`, following no link, and that part.
    fn parent<'p>(&self, path: &'p Path) -> rustix::io::Result<(OwnedFd, &'p OsStr)> {
        let mut parts = path.components().peekable();
        // Opened anew: a duplicate would share the position at which a listing stands.
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

impl Disk for Directory {
    fn apply(&self, step: &Step) -> io::Result<()> {
        match step {
            Step::MakeDirectory(path) => {
                let (parent, name) = self.parent(path)?;
                match rustix::fs::mkdirat(&parent, name, PRIVATE | Mode::XUSR) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
            Step::Write(path, bytes) => self.write(path, bytes),
            Step::SyncFile(path) => {
                let (parent, name) = self.parent(path)?;
                sync(&rustix::fs::openat(&parent, name, OPEN | OFlags::RDONLY, Mode::empty())?)
            }
            Step::Publish(from, to) => {
                let ((from, old), (to, new)) = (self.parent(from)?, self.parent(to)?);
                Ok(rustix::fs::renameat_with(&from, old, &to, new, RenameFlags::NOREPLACE)?)
            }
            Step::Replace(from, to) => {
                let ((from, old), (to, new)) = (self.parent(from)?, self.parent(to)?);
                Ok(rustix::fs::renameat(&from, old, &to, new)?)
            }
            Step::SyncDirectory(path) => sync(&self.parent(&path.join("_"))?.0),
            Step::Remove(path) => {
                let (parent, name) = self.parent(path)?;
                Ok(rustix::fs::unlinkat(&parent, name, AtFlags::empty())?)
            }
        }
    }
}

/// Waits until the disk has it.
fn sync(fd: &OwnedFd) -> io::Result<()> {
    // Elsewhere `fsync` may stop at the drive's cache.
    #[cfg(target_vendor = "apple")]
    return Ok(rustix::fs::fcntl_fullfsync(fd)?);
    #[cfg(not(target_vendor = "apple"))]
    Ok(rustix::fs::fsync(fd)?)
}

/// Makes the directory `path`, as all that are missing above it.
pub(crate) fn make(path: &Path) -> Result<()> {
    make_directories(path)
        .map_err(|error| Error::io(format_args!("`{}` cannot be made", path.display()), error))
}

/// Makes `path` and what is missing above it, for us alone, to survive a loss of power.
fn make_directories(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if let Some(parent) = path.parent()
        && !parent.as_os_str().is_empty()
        && !parent.try_exists()?
    {
        make_directories(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(&File::open(parent)?.into()),
        _ => Ok(()),
    }
}

/// Checks that an open file is ours alone, and gives its length.
fn private(fd: &OwnedFd, path: &Path, mode: &str) -> Result<u64> {
    let found = rustix::fs::fstat(fd).map_err(|error| cannot("examined", path, error))?;
    if found.st_uid != rustix::process::geteuid().as_raw() {
        let message = format!("`{}` belongs to another user", path.display());
        let hint = format!("if it is yours: sudo chown \"$USER\" {}", quoted(path));
        return Err(Error::new(ErrorKind::NotPrivate, message).with_hint(hint));
    }
    #[allow(clippy::useless_conversion, reason = "the type differs between systems")]
    let bits = RawMode::from(found.st_mode);
    if Mode::from_raw_mode(bits).intersects(Mode::RWXG | Mode::RWXO) {
        let message = format!("`{}` is open to other users", path.display());
        let hint = format!("close it: chmod {mode} {}", quoted(path));
        return Err(Error::new(ErrorKind::NotPrivate, message).with_hint(hint));
    }
    match FileType::from_raw_mode(bits) {
        FileType::RegularFile | FileType::Directory => Ok(u64::try_from(found.st_size).unwrap_or(u64::MAX)),
        _ => Err(no_file(path, "no regular file")),
    }
}

fn no_file(path: &Path, what: &str) -> Error {
    let hint = format!("look at it, and move it away: ls -l {}", quoted(path));
    Error::new(ErrorKind::NotPrivate, format!("`{}` is {what}", path.display())).with_hint(hint)
}

fn cannot(be: &str, path: &Path, error: rustix::io::Errno) -> Error {
    Error::io(format_args!("`{}` cannot be {be}", path.display()), error.into())
}

fn errno(error: &io::Error) -> rustix::io::Errno {
    rustix::io::Errno::from_io_error(error).unwrap_or(rustix::io::Errno::IO)
}

#[cfg(target_os = "linux")]
fn list(directory: &OwnedFd, start: &[u8], room: &mut Vec<u8>) -> rustix::io::Result<Vec<String>> {
    // The kernel fills it while nobody can change the directory.
    const ROOM: usize = 1 << 20;
    room.reserve(ROOM);
    let mut entries = rustix::fs::RawDir::new(directory, room.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_bytes().starts_with(start)
            && let Ok(name) = name.to_str()
            && !matches!(name, "." | "..")
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(not(target_os = "linux"))]
fn list(directory: &OwnedFd, start: &[u8], _room: &mut Vec<u8>) -> rustix::io::Result<Vec<String>> {
    let entries = rustix::fs::Dir::read_from(directory)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_str().ok().map(str::to_owned)));
    let names: rustix::io::Result<Vec<Option<String>>> = names.collect();
    let wanted = |name: &String| name.as_bytes().starts_with(start) && !matches!(&**name, "." | "..");
    Ok(names?.into_iter().flatten().filter(wanted).collect())
}
