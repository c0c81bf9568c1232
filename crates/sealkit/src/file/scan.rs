//! The search of files for secrets.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    thread,
};

use sealkit_guard::{Finding, Guard, StreamSearch};

/// A larger file is searched by two threads.
const LARGE: usize = 64 << 20;
/// How much both of them search, so that a secret is whole for one of them.
const OVERLAP: usize = 1 << 20;

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
        Ok(length) if length >= LARGE => scan.search_halves(guard, file, length)?,
        _ => drop(scan.search(guard, Positioned { file, position: 0 }, None)?),
    }
    super::archive::scan(guard, file, &mut scan)?;
    Ok(scan)
}

/// Searches what `reader` reads.
fn search_part(mut search: StreamSearch<'_>, mut reader: impl Read) -> io::Result<Vec<Finding>> {
    while !search.read(&mut reader)?.is_empty() {}
    Ok(search.finish())
}

impl Scan {
    /// Searches both halves of a file at the same time.
    fn search_halves(&mut self, guard: &Guard, file: &fs::File, length: usize) -> io::Result<()> {
        let middle = length / 2;
        let mut previous = [0];
        Positioned { file, position: middle as u64 - 1 }.read_exact(&mut previous)?;
        let halves = thread::scope(|threads| {
            let first = || {
                let half = Positioned { file, position: 0 }.take((middle + OVERLAP) as u64);
                search_part(StreamSearch::new(guard), half)
            };
            let first = thread::Builder::new().spawn_scoped(threads, first)?;
            let half = StreamSearch::of_part(guard, middle, previous[0]);
            let second = search_part(half, Positioned { file, position: middle as u64 })?;
            let first = first.join().unwrap_or_else(|_| Err(io::Error::other("the search panicked")))?;
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
    pub(super) fn search(
        &mut self,
        guard: &Guard,
        mut reader: impl Read,
        part: Option<&str>,
    ) -> io::Result<u64> {
        let mut search = StreamSearch::new(guard);
        let mut length = 0;
        loop {
            match search.read(&mut reader)?.len() {
                0 => break,
                count => length += count as u64,
            }
        }
        let leak = |finding| Leak { finding, part: part.map(str::to_owned) };
        self.leaks.extend(search.finish().into_iter().map(leak));
        Ok(length)
    }
}
