//! Reading the content of a file.

use std::{
    fmt,
    io::{self, Read},
};

#[cfg(feature = "tokio")]
use crate::executor::on_this_thread;
use crate::storage::Content;

/// The content of a [`File`](crate::File) as a stream: [`std::io::Read`] and, with the feature `tokio`, [`tokio::io::AsyncRead`].
///
/// An object of a store is received in parts, of which a few are on their way at the same time. It is an error if the object changes
/// while it is read, or if the connection ends before the object does.
pub struct FileReader {
    source: Source,
    /// The part that was received last, and how much of it was read.
    part: Vec<u8>,
    read: usize,
}

enum Source {
    File(std::fs::File),
    /// From a thread: the parts of an object, or those of a file that a future reads. An empty part is the end, too.
    #[cfg(feature = "tokio")]
    Parts(tokio::sync::mpsc::Receiver<io::Result<Vec<u8>>>),
}

impl FileReader {
    pub(super) fn new(content: Content) -> Self {
        let source = match content {
            Content::File(file) => Source::File(file),
            #[cfg(feature = "cluster")]
            Content::Object(parts) => Source::Parts(parts),
        };
        Self { source, part: Vec::new(), read: 0 }
    }

    /// Copies bytes of the part that was received last.
    fn read_part(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.part[self.read..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        count
    }

    fn is_read(&self) -> bool {
        self.read == self.part.len()
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_read() {
            match &mut self.source {
                Source::File(file) => return file.read(buffer),
                #[cfg(feature = "tokio")]
                Source::Parts(parts) => {
                    let part = on_this_thread(parts.recv()).transpose()?;
                    (self.part, self.read) = (part.unwrap_or_default(), 0);
                }
            }
        }
        Ok(self.read_part(buffer))
    }
}

#[cfg(feature = "tokio")]
mod asynchronous {
    use std::{
        pin::Pin,
        task::{Context, Poll, ready},
        thread,
    };

    use tokio::{
        io::{AsyncRead, ReadBuf},
        sync::mpsc,
    };

    use super::{FileReader, Read as _, Source, io};

    /// The size of the parts that a thread reads for a future.
    const PART: usize = 256 * 1024;

    impl AsyncRead for FileReader {
        fn poll_read(
            mut self: Pin<&mut Self>,
            task: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let this = &mut *self;
            if this.is_read() {
                let part = match &mut this.source {
                    Source::File(file) => {
                        this.source = Source::Parts(read_on_a_thread(file.try_clone()?)?);
                        return self.poll_read(task, buffer);
                    }
                    Source::Parts(parts) => ready!(parts.poll_recv(task)).transpose()?,
                };
                (this.part, this.read) = (part.unwrap_or_default(), 0);
            }
            let count = this.read_part(buffer.initialize_unfilled());
            buffer.advance(count);
            Poll::Ready(Ok(()))
        }
    }

    /// Reads a file on a thread: a system has no other way to read it without blocking.
    fn read_on_a_thread(mut file: std::fs::File) -> io::Result<mpsc::Receiver<io::Result<Vec<u8>>>> {
        let (sender, receiver) = mpsc::channel(2);
        thread::Builder::new().name("sealkit-file".to_owned()).spawn(move || {
            loop {
                let mut part = Vec::new();
                let read = file.by_ref().take(PART as u64).read_to_end(&mut part).map(|_| part);
                let is_last = read.as_ref().map_or(true, Vec::is_empty);
                if sender.blocking_send(read).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(receiver)
    }
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader").finish_non_exhaustive()
    }
}
