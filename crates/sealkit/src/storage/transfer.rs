//! Streams from and to objects, in bounded memory: in parts, of which a few are on their way at the same time.

use std::{
    collections::VecDeque,
    io, mem,
    ops::Range,
    thread::{self, JoinHandle},
    time::Duration,
};

use object_store::{GetOptions, MultipartUpload, ObjectStoreExt as _};
use tokio::{
    sync::mpsc,
    task::{self, JoinSet},
};

use super::{
    StorageError,
    error::storage_error,
    objects::{Object, client_panicked},
    settings::StoreKind,
    stream::unusable,
};
use crate::executor::on_this_thread;

/// The size of a part, at least. S3 requires 5 MiB.
const PART: usize = 8 << 20;
/// A store has no more than 10,000 parts: after this number of parts, parts are twice as large.
const PARTS_OF_ONE_SIZE: usize = 2_000;
/// How many parts are on their way at the same time.
const PARALLEL: usize = 3;

/// How long the removal of the parts of an object may take that is not written after all.
const ABORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Data that is received from an object.
type Received = io::Result<Vec<u8>>;

/// The data or the end of an object that is sent.
enum Sent {
    Data(Vec<u8>),
    End,
}

/// An object that is being written. It does not exist before [`finish`](Self::finish) has returned. Dropping it waits until the store has
/// removed what it was sent, because the process may end then.
#[derive(Debug)]
pub(crate) struct Upload {
    sender: Option<mpsc::Sender<Sent>>,
    thread: Option<JoinHandle<Result<(), StorageError>>>,
}

impl Upload {
    pub(super) fn create(object: &Object) -> Result<Self, StorageError> {
        // Azure stores `a\b` as `a/b` without an error: so does Azurite 3.35.0, and the tests of Azure's SDK for JavaScript expect it.
        if object.kind == StoreKind::Azure && object.path.as_ref().contains('\\') {
            return Err(unusable(object.path.as_ref(), "Azure takes `\\` for a slash: rename it"));
        }
        let (sender, receiver) = mpsc::channel(1);
        let object = object.clone();
        let thread =
            run(move || async move { send(&object, receiver).await.map_err(|error| object.error(&error)) })?;
        Ok(Self { sender: Some(sender), thread: Some(thread) })
    }

    /// Sends data. It waits while too much is on its way.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), StorageError> {
        if self.send(Sent::Data(data.to_vec())) {
            return Ok(());
        }
        self.end().and(Err(client_panicked()))
    }

    /// Completes the object.
    pub(crate) fn finish(mut self) -> Result<(), StorageError> {
        self.send(Sent::End);
        self.end()
    }

    /// Returns whether it was received. It is not after an error, which [`end`](Self::end) returns.
    fn send(&self, sent: Sent) -> bool {
        self.sender.as_ref().is_some_and(|sender| on_this_thread(sender.send(sent)).is_ok())
    }

    /// Waits for the end of the thread.
    fn end(&mut self) -> Result<(), StorageError> {
        self.sender = None;
        let thread = self.thread.take().map(JoinHandle::join);
        thread.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(client_panicked()))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // What is not completed has no outcome.
        let _ = self.end();
    }
}

/// Writes what is received. If it ends without [`Sent::End`], nothing is written.
async fn send(object: &Object, mut receiver: mpsc::Receiver<Sent>) -> object_store::Result<()> {
    let mut part = Vec::new();
    let mut parts = Parts { object, upload: None, sending: JoinSet::new(), count: 0 };
    loop {
        match receiver.recv().await {
            Some(Sent::Data(data)) => {
                let size = PART << (parts.count / PARTS_OF_ONE_SIZE);
                if part.is_empty() {
                    // A vector that grows needs up to twice as much.
                    part.reserve_exact(size + data.len());
                }
                part.extend_from_slice(&data);
                if part.len() >= size
                    && let Err(error) = parts.send(mem::take(&mut part)).await
                {
                    parts.abort().await;
                    return Err(error);
                }
            }
            Some(Sent::End) if parts.count == 0 => {
                return object.store.put(&object.path, part.into()).await.map(drop);
            }
            Some(Sent::End) => {
                let completed = parts.complete(part).await;
                if completed.is_err() {
                    parts.abort().await;
                }
                return completed;
            }
            None => {
                parts.abort().await;
                return Ok(());
            }
        }
    }
}

/// An object that is written in parts.
struct Parts<'o> {
    object: &'o Object,
    upload: Option<Box<dyn MultipartUpload>>,
    sending: JoinSet<object_store::Result<()>>,
    count: usize,
}

impl Parts<'_> {
    /// Sends a part, and waits while too many are on their way.
    async fn send(&mut self, part: Vec<u8>) -> object_store::Result<()> {
        while self.sending.len() >= PARALLEL {
            self.wait().await?;
        }
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self.upload.insert(self.object.store.put_multipart(&self.object.path).await?),
        };
        self.sending.spawn(upload.put_part(part.into()));
        self.count += 1;
        Ok(())
    }

    /// Waits for one part.
    async fn wait(&mut self) -> object_store::Result<()> {
        match self.sending.join_next().await {
            Some(sent) => sent.unwrap_or_else(|error| Err(error.into())),
            None => Ok(()),
        }
    }

    async fn complete(&mut self, last: Vec<u8>) -> object_store::Result<()> {
        if !last.is_empty() {
            self.send(last).await?;
        }
        while !self.sending.is_empty() {
            self.wait().await?;
        }
        match &mut self.upload {
            Some(upload) => upload.complete().await.map(drop),
            None => Ok(()),
        }
    }

    /// Removes the parts that were sent.
    async fn abort(&mut self) {
        self.sending.shutdown().await;
        if let Some(upload) = &mut self.upload {
            let _ = tokio::time::timeout(ABORT_TIMEOUT, upload.abort()).await;
        }
    }
}

/// Reads an object on a thread of its own. The receiver gets its parts in order.
pub(super) fn receive(object: &Object) -> Result<mpsc::Receiver<Received>, StorageError> {
    let (sender, receiver) = mpsc::channel(1);
    let object = object.clone();
    run(move || async move {
        if let Err(error) = receive_parts(&object, &sender).await {
            let _ = sender.send(Err(io::Error::other(error))).await;
        }
    })?;
    Ok(receiver)
}

async fn receive_parts(object: &Object, sender: &mpsc::Sender<Received>) -> Result<(), StorageError> {
    let meta = object.store.head(&object.path).await.map_err(|error| object.error(&error))?;
    let mut starts = (0..meta.size).step_by(PART);
    let mut parts: VecDeque<task::JoinHandle<Result<Vec<u8>, StorageError>>> = VecDeque::new();
    loop {
        while parts.len() < PARALLEL {
            let Some(start) = starts.next() else { break };
            let range = start..meta.size.min(start + PART as u64);
            parts.push_back(tokio::spawn(receive_part(object.clone(), range, meta.e_tag.clone())));
        }
        let Some(part) = parts.pop_front() else { return Ok(()) };
        let part = part.await.unwrap_or_else(|_| Err(client_panicked()))?;
        if sender.send(Ok(part)).await.is_err() {
            // The reader was dropped.
            return Ok(());
        }
    }
}

async fn receive_part(
    object: Object,
    range: Range<u64>,
    version: Option<String>,
) -> Result<Vec<u8>, StorageError> {
    let length = range.end - range.start;
    let options = GetOptions { range: Some(range.into()), if_match: version, ..GetOptions::default() };
    let part = async { object.store.get_opts(&object.path, options).await?.bytes().await };
    let part = part.await.map_err(|error| object.error(&error))?;
    if part.len() as u64 != length {
        let message = "the object store sent only a part of the object".to_owned();
        return Err(StorageError { message, hint: None });
    }
    Ok(part.into())
}

/// Runs a future on a thread with a runtime of its own.
fn run<F: Future<Output: Send + 'static>>(
    start: impl FnOnce() -> F + Send + 'static,
) -> io::Result<JoinHandle<F::Output>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("sealkit-objects".to_owned()).spawn(move || {
        let outcome = runtime.block_on(start());
        runtime.shutdown_background();
        outcome
    })
}

impl Object {
    fn error(&self, error: &object_store::Error) -> StorageError {
        match error {
            object_store::Error::Precondition { .. } => {
                StorageError { message: "the object changed while it was read".to_owned(), hint: None }
            }
            error => storage_error(error, self.kind, &self.bucket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_azure_would_change_is_refused() {
        let create = |uri: &str, name: &str| {
            let (scheme, rest) = uri.split_once("://").unwrap();
            let variables = [("AZURE_STORAGE_ACCOUNT_NAME", "acc"), ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")];
            let variables = variables.map(|(name, value)| (name.into(), value.into()));
            Upload::create(&Object::open(uri, scheme, rest, variables.into_iter()).unwrap().child(name))
        };
        let error = create("abfs://c/raw", "sub/a\\b.txt").unwrap_err();
        assert_eq!(
            error.message,
            "`raw/sub/a\\\\b.txt` cannot be used: Azure takes `\\` for a slash: rename it"
        );
        drop(create("abfs://c/raw", "sub/a b.txt").unwrap());
        drop(create("s3://b/raw", "sub/a\\b.txt").unwrap());
    }
}
