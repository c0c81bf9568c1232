//! The search of files for secrets.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    thread,
};

use sealkit_guard::{Finding, Guard, StreamSearch};

/// A larger file is searched by two threads.
const LARGE: usize = 64 << 20;

/// What was found in a file, and what was not searched.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) leaks: Vec<Leak>,
    /// Why a part of the file was not searched.
    pub(super) unsearched: Option<String>,
}

/// A secret in a file.
#[derive(Debug)]
pub(super) struct Leak {
    pub(super) finding: Finding,
    /// The part of the file that contains it, if it is compressed: `decompressed`, or a member of an archive.
    pub(super) part: Option<String>,
}

/// A reader of a file with a position of its own.
pub(super) struct Positioned<'f> {
    pub(super) file: &'f fs::File,
    pub(super) position: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(self.file, buffer, self.position)?;
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(self.file, buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Positioned<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::End(offset) => (self.file.metadata()?.len(), offset),
            SeekFrom::Current(offset) => (self.position, offset),
        };
        self.position = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Searches a file, and what it contains in compressed form.
pub(super) fn scan(guard: &Guard, file: &fs::File) -> io::Result<Scan> {
    let mut scan = Scan::default();
    if guard.is_empty() {
        return Ok(scan);
    }
    match usize::try_from(file.metadata()?.len()) {
        Ok(length) if length >= LARGE.max(4 * guard.max_match_len()) => {
            scan.search_halves(guard, file, length)?;
        }
        _ => drop(scan.search(guard, Positioned { file, position: 0 }, None)?),
    }
    super::archive::scan(guard, file, &mut scan)?;
    Ok(scan)
}

/// Searches all that `reader` reads. Returns what was found, and the number of bytes.
fn search_all(mut search: StreamSearch<'_>, mut reader: impl Read) -> io::Result<(Vec<Finding>, u64)> {
    let mut length = 0;
    loop {
        match search.read(&mut reader)?.len() {
            0 => return Ok((search.finish(), length)),
            count => length += count as u64,
        }
    }
}

impl Scan {
    /// Searches both halves of a file at the same time. They overlap, so that a secret is whole in one of them.
    fn search_halves(&mut self, guard: &Guard, file: &fs::File, length: usize) -> io::Result<()> {
        let middle = length / 2;
        let mut previous = [0];
        Positioned { file, position: middle as u64 - 1 }.read_exact(&mut previous)?;
        let halves = thread::scope(|threads| {
            let first = || {
                let end = middle.saturating_add(guard.max_match_len());
                search_all(StreamSearch::new(guard), Positioned { file, position: 0 }.take(end as u64))
            };
            let first = thread::Builder::new().spawn_scoped(threads, first)?;
            let search = StreamSearch::of_part(guard, middle, previous[0]);
            let (second, _) = search_all(search, Positioned { file, position: middle as u64 })?;
            let (first, _) = first.join().unwrap_or_else(|_| Err(io::Error::other("the search panicked")))?;
            Ok::<_, io::Error>([first, second])
        })?;
        for finding in halves.into_iter().flatten() {
            if !self.leaks.iter().any(|leak| leak.finding.name() == finding.name()) {
                self.leaks.push(Leak { finding: finding.of_length(length), part: None });
            }
        }
        Ok(())
    }

    /// Searches all that `reader` reads, and returns the number of bytes.
    pub(super) fn search(&mut self, guard: &Guard, reader: impl Read, part: Option<&str>) -> io::Result<u64> {
        let (found, length) = search_all(StreamSearch::new(guard), reader)?;
        let leak = |finding| Leak { finding, part: part.map(str::to_owned) };
        self.leaks.extend(found.into_iter().map(leak));
        Ok(length)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn a_long_secret_in_the_middle_of_a_large_file_is_found() {
        let file = tempfile::tempfile().unwrap();
        let length = LARGE + 12;
        file.set_len(length as u64).unwrap();
        // Parts of it would be found of a value that is random.
        let value = "the quick brown fox ".repeat(1 << 16);
        file.write_all_at(value.as_bytes(), length as u64 / 2 - 8).unwrap();
        for (value, is_found) in [(&value[..], true), (&value[..50], true), ("k3Jq-71xT/w", false)] {
            let scan = scan(&Guard::new([("key", value)]), &file).unwrap();
            assert_eq!(scan.leaks.len(), usize::from(is_found));
        }
    }
}
