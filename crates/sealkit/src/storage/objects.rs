//! Blocking reads and writes of objects.

use std::{ffi::OsString, sync::Arc, thread, time::Duration};

use object_store::{GetResult, ObjectStore, ObjectStoreExt as _, path::Path};

use super::{
    StorageError,
    error::storage_error,
    settings::{self, StoreKind},
    too_large,
};

/// The timeout for reading or writing one object, retries included.
const TIMEOUT: Duration = Duration::from_secs(180);

/// An object of a store, or a common prefix of several objects.
#[derive(Clone)]
pub(crate) struct Object {
    pub(super) uri: String,
    pub(super) kind: StoreKind,
    pub(super) bucket: Arc<str>,
    pub(super) path: Path,
    pub(super) store: Arc<dyn ObjectStore>,
}

impl Object {
    /// Opens the object `rest`, which is bucket and key, in the store that `variables` configure.
    pub(super) fn open(
        uri: &str,
        scheme: &str,
        rest: &str,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, StorageError> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        // Flyte decodes the key of every URI (`storage.DataReference`), and encodes that of the outputs. Trailing slashes have no meaning.
        let path = Path::from_url_path(key.trim_end_matches('/')).map_err(|_| StorageError {
            message: "invalid object key".to_owned(),
            hint: Some("remove `//`, `.`, `..` and control characters from it".to_owned()),
        })?;
        // No setting of a store needs text that is not UTF-8.
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let variables: Vec<_> = variables.filter_map(text).filter(|(_, value)| !value.is_empty()).collect();
        let (kind, store) = settings::open(scheme, bucket, &variables)?;
        let uri = uri.trim_end_matches('/').to_owned();
        Ok(Self { uri, kind, bucket: bucket.into(), path, store })
    }

    pub(super) fn join(&self, name: &str) -> Self {
        Self { uri: format!("{}/{name}", self.uri), path: self.path.clone().join(name), ..self.clone() }
    }

    /// Returns the object at `path` below this one. The key has the characters of the path as they are; in the URI, `%` is encoded.
    pub(super) fn child(&self, path: &str) -> Self {
        let key = format!("{}/{path}", self.path);
        // A path without empty names and control characters is a key.
        let key = Path::parse(&key).unwrap_or_else(|_| Path::from(key));
        Self { uri: format!("{}/{}", self.uri, path.replace('%', "%25")), path: key, ..self.clone() }
    }
}

/// Returns the number of bytes of an object.
pub(super) fn len(object: &Object) -> Result<u64, StorageError> {
    block_on(object, object.store.head(&object.path)).map(|meta| meta.size)
}

/// Returns the paths of all objects below `object`, relative to it.
pub(super) fn list(object: &Object) -> Result<Vec<String>, StorageError> {
    let list = async {
        let mut paths = Vec::new();
        let mut prefixes = vec![object.path.clone()];
        while let Some(prefix) = prefixes.pop() {
            let listed = object.store.list_with_delimiter(Some(&prefix)).await?;
            paths.extend(listed.objects.into_iter().map(|meta| meta.location));
            prefixes.extend(listed.common_prefixes);
        }
        Ok(paths)
    };
    let keys = block_on(object, list)?;
    let relative =
        |key: Path| Some(key.as_ref().strip_prefix(object.path.as_ref())?.trim_start_matches('/').to_owned());
    Ok(keys.into_iter().filter_map(relative).filter(|path| !path.is_empty()).collect())
}

pub(super) fn read(object: &Object, limit: u64) -> Result<Vec<u8>, StorageError> {
    let read = async { content(object.store.get(&object.path).await?, limit).await };
    block_on(object, read)?.ok_or_else(|| too_large(limit))
}

/// Reads an object, or returns `None` if it does not exist.
pub(super) fn read_if_exists(object: &Object, limit: u64) -> Result<Option<Vec<u8>>, StorageError> {
    let read = async {
        match object.store.get(&object.path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => content(found?, limit).await.map(Some),
        }
    };
    block_on(object, read)?.map(|content| content.ok_or_else(|| too_large(limit))).transpose()
}

/// Returns the content of an object, or `None` if it has more than `limit` bytes.
async fn content(found: GetResult, limit: u64) -> object_store::Result<Option<Vec<u8>>> {
    if found.meta.size > limit { Ok(None) } else { found.bytes().await.map(|bytes| Some(bytes.into())) }
}

pub(super) fn write(object: &Object, content: &[u8]) -> Result<(), StorageError> {
    block_on(object, object.store.put(&object.path, content.to_vec().into())).map(drop)
}

pub(super) fn delete(object: &Object) -> Result<(), StorageError> {
    let delete = async {
        match object.store.delete(&object.path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            deleted => deleted,
        }
    };
    block_on(object, delete)
}

/// Runs `work` to completion on a new runtime, which is gone before the task starts.
///
/// The runtime has a thread of its own, because the calling thread may belong to another runtime.
fn block_on<T: Send>(
    object: &Object,
    work: impl Future<Output = object_store::Result<T>> + Send,
) -> Result<T, StorageError> {
    let drive = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let outcome = runtime.block_on(async { tokio::time::timeout(TIMEOUT, work).await });
        // Does not wait for a DNS lookup in progress.
        runtime.shutdown_background();
        match outcome {
            Ok(outcome) => outcome.map_err(|error| storage_error(&error, object.kind, &object.bucket)),
            Err(_) => Err(StorageError {
                message: format!("the object store did not respond within {} s", TIMEOUT.as_secs()),
                hint: Some(object.kind.hint().to_owned()),
            }),
        }
    };
    thread::scope(|threads| {
        let thread = thread::Builder::new().spawn_scoped(threads, drive)?;
        thread.join().unwrap_or_else(|_| Err(client_panicked()))
    })
}

pub(super) fn client_panicked() -> StorageError {
    StorageError { message: "the object store client panicked".to_owned(), hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str) -> Object {
        let variables = std::iter::empty();
        let opened = Object::open(&format!("s3://b/{key}"), "s3", &format!("b/{key}"), variables).unwrap();
        Object { store: Arc::new(object_store::memory::InMemory::new()), ..opened }
    }

    #[test]
    fn objects_are_read_and_written_on_threads_with_and_without_a_runtime() {
        let round_trip = || {
            let object = object("a/").join("b");
            assert_eq!((&*object.uri, object.path.as_ref()), ("s3://b/a/b", "a/b"));
            assert_eq!(read(&object, 9).unwrap_err().message, "object not found");
            write(&object, &[7; 9]).unwrap();
            assert_eq!(read(&object, 9).unwrap(), [7; 9]);
            assert_eq!(read(&object, 8).unwrap_err().message, "larger than 0 MiB");
        };
        round_trip();
        tokio::runtime::Runtime::new().unwrap().block_on(async { round_trip() });
    }

    #[test]
    fn a_key_is_decoded() {
        let keys = [
            ("inputs.pb", "inputs.pb"),
            ("my%20runs/my runs", "my runs/my runs"),
            ("a+b/%C3%BC#?", "a+b/ü#?"),
            ("100%/%zz/%25", "100%/%zz/%"),
        ];
        for (encoded, key) in keys {
            assert_eq!(object(encoded).path.as_ref(), key);
        }
        for key in ["a//b", "a/../b", "a/%2e%2E/b", "a/\u{7}", "a/%07", "%ff"] {
            let opened = Object::open("", "s3", &format!("b/{key}"), std::iter::empty());
            assert_eq!(opened.err().unwrap().message, "invalid object key", "{key:?}");
        }
    }
}
