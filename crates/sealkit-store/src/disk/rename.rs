//! Renames that do not replace a file, on any file system.

use std::{ffi::OsStr, os::fd::OwnedFd};

use rustix::{
    fs::AtFlags,
    io::{Errno, Result},
};

/// A file name in an open directory.
pub(super) type Name<'a> = (&'a OwnedFd, &'a OsStr);

/// The ways to rename, the best first. Not every file system has all of them.
const WAYS: [fn(Name<'_>, Name<'_>) -> Result<()>; 3] = [rename, link, check_and_rename];

/// Renames a file, and fails if a file has the new name.
pub(super) fn rename_no_replace(old: Name<'_>, new: Name<'_>) -> Result<()> {
    let is_unsupported = |error: &Errno| {
        [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::PERM, Errno::MLINK, Errno::XDEV]
            .contains(error)
    };
    let mut outcome = Err(Errno::NOTSUP);
    for way in WAYS {
        outcome = way(old, new);
        if !outcome.as_ref().is_err_and(is_unsupported) {
            break;
        }
    }
    outcome
}

/// Renames atomically. NFS, 9p, FUSE and others lack this.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename(old: Name<'_>, new: Name<'_>) -> Result<()> {
    rustix::fs::renameat_with(old.0, old.1, new.0, new.1, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename(_: Name<'_>, _: Name<'_>) -> Result<()> {
    Err(Errno::NOSYS)
}

/// Links the file to its new name, and removes the old one. A crash leaves the file under both names. FAT lacks links.
fn link(old: Name<'_>, new: Name<'_>) -> Result<()> {
    match rustix::fs::linkat(old.0, old.1, new.0, new.1, AtFlags::empty()) {
        // NFS repeats a request whose answer it has lost. Then it is this file that has the new name.
        Err(Errno::EXIST) if is_same_file(old, new)? => {}
        linked => linked?,
    }
    // The file has its new name. A temporary file that cannot be removed does no harm.
    let _ = rustix::fs::unlinkat(old.0, old.1, AtFlags::empty());
    Ok(())
}

/// Renames unless the new name exists. Only the lock of the store keeps another process from creating it in between.
fn check_and_rename(old: Name<'_>, new: Name<'_>) -> Result<()> {
    match rustix::fs::statat(new.0, new.1, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(old.0, old.1, new.0, new.1),
        Err(error) => Err(error),
    }
}

fn is_same_file(a: Name<'_>, b: Name<'_>) -> Result<bool> {
    let stat = |name: Name<'_>| rustix::fs::statat(name.0, name.1, AtFlags::SYMLINK_NOFOLLOW);
    let (a, b) = (stat(a)?, stat(b)?);
    Ok((a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn no_way_to_rename_replaces_a_file() {
        for (number, way) in WAYS.into_iter().enumerate() {
            let directory = tempfile::tempdir().unwrap();
            let path = |name: &str| directory.path().join(name);
            let fd = OwnedFd::from(File::open(directory.path()).unwrap());
            let rename = |old: &str, new: &str| way((&fd, old.as_ref()), (&fd, new.as_ref()));
            fs::write(path("new"), "2").unwrap();
            fs::write(path("old"), "1").unwrap();
            assert_eq!(rename("new", "old"), Err(Errno::EXIST), "way {number}");
            assert_eq!(fs::read_to_string(path("old")).unwrap(), "1", "way {number}");
            rename("new", "latest").unwrap();
            assert_eq!(fs::read_to_string(path("latest")).unwrap(), "2", "way {number}");
            assert!(!path("new").exists(), "way {number}");
            assert_eq!(rename("new", "missing"), Err(Errno::NOENT), "way {number}");
        }
    }

    #[test]
    fn a_link_that_was_made_already_is_a_success() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("new"), "2").unwrap();
        fs::hard_link(path("new"), path("latest")).unwrap();
        let fd = OwnedFd::from(File::open(directory.path()).unwrap());
        link((&fd, "new".as_ref()), (&fd, "latest".as_ref())).unwrap();
        assert!(path("latest").exists() && !path("new").exists());
    }
}
