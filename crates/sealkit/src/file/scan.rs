//! The search of files for secrets.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
};

use sealkit_guard::{Finding, Guard, StreamSearch};

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
    scan.search(guard, Positioned { file, position: 0 }, None)?;
    super::archive::scan(guard, file, &mut scan)?;
    Ok(scan)
}

impl Scan {
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
