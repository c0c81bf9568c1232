//! Passphrase files, which provide the passphrase of the key without a prompt.

use std::{
    env,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use rustix::fs::{FileType, Mode, RawMode, StatVfsMountFlags};
use sealkit_names::variables;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result, shell_quote};

/// Reads a passphrase: the first line of the file `path`, or `None` if the file is empty.
///
/// As `ssh` does for private keys, this function refuses a regular file that belongs to the current user and is
/// accessible to other users. It accepts:
///
/// - a pipe, such as the `/dev/fd/63` of a shell's process substitution;
/// - a file of another user, because the current user cannot change its mode;
/// - a file on a read-only mount, such as a mounted Kubernetes or Docker secret, because its mode cannot be changed.
///
/// # Errors
///
/// Returns [`ErrorKind::NotPrivate`] if other users can access the file, and [`ErrorKind::Io`] if it cannot be read.
pub fn read_passphrase_file(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let mut file = File::open(path).map_err(|error| read_error(path, error))?;
    if is_exposed(&file).map_err(|error| read_error(path, error))? {
        return Err(exposed_error(path));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(|error| read_error(path, error))?;
    Ok(text.lines().next().map(|line| Zeroizing::new(line.to_owned())))
}

/// Returns the file that `SEALKIT_PASSPHRASE_FILE` names, if that variable is set and not empty.
pub(crate) fn file_from_env() -> Option<PathBuf> {
    env::var_os(variables::PASSPHRASE_FILE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Returns whether other users can access a file whose mode the current user can change.
fn is_exposed(file: &File) -> io::Result<bool> {
    let stat = rustix::fs::fstat(file)?;
    #[allow(clippy::useless_conversion, reason = "the type differs between systems")]
    let mode = RawMode::from(stat.st_mode);
    Ok(FileType::from_raw_mode(mode) == FileType::RegularFile
        && Mode::from_raw_mode(mode).intersects(Mode::RWXG | Mode::RWXO)
        && stat.st_uid == rustix::process::geteuid().as_raw()
        && !rustix::fs::fstatvfs(file)?.f_flag.contains(StatVfsMountFlags::RDONLY))
}

fn read_error(path: &Path, error: io::Error) -> Error {
    Error::io(format_args!("the passphrase file `{}` cannot be read", path.display()), error)
}

fn exposed_error(path: &Path) -> Error {
    let message = format!("the passphrase file `{}` is accessible to other users", path.display());
    let hint = format!("restrict its mode: chmod 600 {}", shell_quote(path));
    Error::new(ErrorKind::NotPrivate, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, os::fd::AsRawFd as _, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn write(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passphrase");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (directory, path)
    }

    #[test]
    fn the_passphrase_is_the_first_line() {
        for (text, passphrase) in
            [("", None), ("a b\nc\n", Some("a b")), ("a b", Some("a b")), ("\n", Some(""))]
        {
            let (_directory, path) = write(text, 0o600);
            let read = read_passphrase_file(&path).unwrap();
            assert_eq!(read.as_ref().map(|read| &***read), passphrase, "{text:?}");
        }
    }

    #[test]
    fn a_file_that_other_users_can_access_is_refused() {
        for mode in [0o604, 0o640, 0o644] {
            let (_directory, path) = write("correct horse\n", mode);
            let error = read_passphrase_file(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotPrivate, "{mode:o}");
            let message = format!("the passphrase file `{}` is accessible to other users", path.display());
            assert_eq!(error.to_string(), message);
            assert_eq!(error.hint().unwrap(), format!("restrict its mode: chmod 600 {}", path.display()));
        }
    }

    #[test]
    fn a_pipe_is_accepted() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"correct horse\n").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        assert_eq!(&**read_passphrase_file(Path::new(&path)).unwrap().unwrap(), "correct horse");
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let error = read_passphrase_file(Path::new("/nonexistent/passphrase")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        let message =
            "the passphrase file `/nonexistent/passphrase` cannot be read: No such file or directory";
        assert_eq!(error.to_string(), message);
    }
}
