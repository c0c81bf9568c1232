//! Hashes of the content of files and directories.

use std::{fmt::Write as _, io::Read as _};

use sha2::{Digest as _, Sha256};

use super::{Dir, File};
use crate::Result;

/// The number of bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

impl<F> File<F> {
    /// Sets the hash to the SHA-256 of the content, in hexadecimal digits as `sha256sum` prints it. It reads the whole content.
    ///
    /// Flyte computes the cache keys of called tasks from the hash, so that the same content in another place is the same input. It does
    /// not do so for the first task of a run, nor for an optional file. Flyte's SDK 2.12.1 has `hash_method` for it. Needs the feature `hash`,
    /// which is on by default.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](crate::ErrorKind::Io) if the file cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use sealkit::File;
    ///
    /// let file = File::from_bytes("rows.csv", "a,b\n")?.with_content_hash()?;
    /// assert_eq!(file.hash().unwrap(), "5be08c9684a1d25efcee09318204824278b08bbfb4aef973ffefd0b9d7478313");
    ///
    /// let error = File::new("/nonexistent/rows.csv").with_content_hash().unwrap_err();
    /// assert_eq!(error.to_string(), "cannot read the file `/nonexistent/rows.csv`: No such file or directory");
    /// # Ok::<(), sealkit::Error>(())
    /// ```
    pub fn with_content_hash(self) -> Result<Self> {
        let digest = self.content_digest()?;
        Ok(self.with_hash(digest))
    }

    fn content_digest(&self) -> Result<String> {
        let (mut reader, mut digest, mut chunk) = (self.open()?, Sha256::new(), vec![0; CHUNK]);
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => return Ok(hexadecimal(digest)),
                Ok(count) => digest.update(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.cannot_read(error.into())),
            }
        }
    }
}

impl<F> Dir<F> {
    /// Sets the hash to the SHA-256 of the lines that `sha256sum` prints for the files, sorted by their paths. It reads all of them.
    ///
    /// See [`File::with_content_hash`].
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Io`](crate::ErrorKind::Io) if a file cannot be read.
    pub fn with_content_hash(self) -> Result<Self> {
        let mut digest = Sha256::new();
        for path in self.list()? {
            digest.update(format!("{}  {path}\n", self.file(&path)?.content_digest()?));
        }
        Ok(self.with_hash(hexadecimal(digest)))
    }
}

fn hexadecimal(digest: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
