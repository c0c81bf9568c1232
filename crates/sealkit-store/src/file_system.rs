//! What a file system lacks, and where else the store may be.

use std::{fs, io, path::Path};

use rustix::io::Errno;
use sealkit_names::variables;

use crate::error::shell_quote;

/// Returns a hint for an error of the file system that has `path`.
pub(crate) fn hint(path: &Path, error: &io::Error) -> Option<String> {
    let errno = Errno::from_io_error(error)?;
    let (kind, place) = (kind(path), shell_quote(path));
    let file_system = match &kind {
        Some(kind) => format!("the file system of {place} ({kind})"),
        None => format!("the file system of {place}"),
    };
    let reason = match errno {
        Errno::ROFS => format!("{file_system} is read-only: "),
        Errno::NOSPC => format!("{file_system} is full: free some space, or "),
        Errno::DQUOT => format!("your quota of {file_system} is used up: free some space, or "),
        Errno::ACCESS | Errno::PERM => format!("you may not write to {place}: check `ls -ld {place}`, or "),
        Errno::NOLCK => format!("{file_system} has no locks: "),
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => format!("{file_system} lacks what a store needs: "),
        _ => return None,
    };
    Some(format!("{reason}keep the store and its key elsewhere: export {}=DIRECTORY", variables::HOME))
}

/// Returns the name of a file system, such as `nfs4`. Only Linux tells it.
fn kind(path: &Path) -> Option<String> {
    let existing = path.ancestors().find_map(|path| path.canonicalize().ok())?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let place = place.split(' ').nth(4)?.replace("\\040", " ");
        existing.starts_with(&place).then(|| (place.len(), kind.split(' ').next().map(str::to_owned)))
    });
    // The last of several mounts on one place is the visible one.
    mounts.max_by_key(|(length, _)| *length)?.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_file_system_the_path_and_the_way_out() {
        let hint = |errno: Errno| hint(Path::new("/proc/missing/store"), &errno.into());
        let way_out = ": keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY";
        let kind = if cfg!(target_os = "linux") { " (proc)" } else { "" };
        assert_eq!(
            hint(Errno::NOLCK),
            Some(format!("the file system of /proc/missing/store{kind} has no locks{way_out}"))
        );
        assert!(hint(Errno::NOSPC).unwrap().contains("is full"));
        assert!(hint(Errno::ACCESS).unwrap().contains("ls -ld /proc/missing/store"));
        assert_eq!(hint(Errno::IO), None);
    }
}
