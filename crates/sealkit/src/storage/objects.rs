//! Reading and writing objects, from a thread that waits.

use std::{ffi::OsString, sync::Arc, thread, time::Duration};

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};

use super::{
    Refusal,
    refusal::refusal,
    settings::{self, Kind},
    too_large,
};

/// How long one object may take, with all that is tried again.
const LONGEST: Duration = Duration::from_secs(180);

/// An object of a store, or the part of the names that several have in common.
#[derive(Clone)]
pub(crate) struct Object {
    pub(super) uri: String,
    kind: Kind,
    bucket: Arc<str>,
    path: Path,
    store: Arc<dyn ObjectStore>,
}

impl Object {
    /// The object that is called `rest`, bucket and key, in the store that `variables` describe.
    pub(super) fn open(
        uri: &str,
        scheme: &str,
        rest: &str,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Refusal> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        // The key is taken as it is: Flyte writes no `%20`, and no slash too many has a meaning.
        let path = Path::parse(key.trim_end_matches('/')).map_err(|_| Refusal {
            message: "an object cannot have this name".to_owned(),
            hint: Some("write it without `//`, `.`, `..` and control characters".to_owned()),
        })?;
        // Text of another encoding is nothing that a store is set up with.
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
}

pub(super) fn read(object: &Object, most: u64) -> Result<Vec<u8>, Refusal> {
    let bytes = wait(object, async {
        let found = object.store.get(&object.path).await?;
        if found.meta.size > most { Ok(None) } else { found.bytes().await.map(Some) }
    })?;
    bytes.map(Vec::from).ok_or_else(|| too_large(most))
}

pub(super) fn write(object: &Object, content: &[u8]) -> Result<(), Refusal> {
    wait(object, object.store.put(&object.path, content.to_vec().into())).map(drop)
}

/// Waits for the store, on a runtime that nothing else runs on and that is gone before the task starts.
///
/// It has a thread of its own, because whoever called us may belong to a runtime.
fn wait<T: Send>(
    object: &Object,
    work: impl Future<Output = object_store::Result<T>> + Send,
) -> Result<T, Refusal> {
    let drive = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let outcome = runtime.block_on(async { tokio::time::timeout(LONGEST, work).await });
        // A name that is being resolved is not waited for.
        runtime.shutdown_background();
        match outcome {
            Ok(outcome) => outcome.map_err(|error| refusal(&error, object.kind, &object.bucket)),
            Err(_) => Err(Refusal {
                message: format!("the store did not answer within {} s", LONGEST.as_secs()),
                hint: Some(object.kind.hint().to_owned()),
            }),
        }
    };
    let broken = || Refusal { message: "the client of the store is broken".to_owned(), hint: None };
    thread::scope(|threads| {
        let thread = thread::Builder::new().spawn_scoped(threads, drive)?;
        thread.join().unwrap_or_else(|_| Err(broken()))
    })
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
    fn a_store_is_waited_for_on_any_thread() {
        let there_and_back = || {
            let object = object("a/").join("b");
            assert_eq!((&*object.uri, object.path.as_ref()), ("s3://b/a/b", "a/b"));
            assert_eq!(read(&object, 9).unwrap_err().message, "there is no such object");
            write(&object, &[7; 9]).unwrap();
            assert_eq!(read(&object, 9).unwrap(), [7; 9]);
            assert_eq!(read(&object, 8).unwrap_err().message, "there is more of it than 0 MiB");
        };
        there_and_back();
        tokio::runtime::Runtime::new().unwrap().block_on(async { there_and_back() });
    }

    #[test]
    fn a_key_is_what_is_written() {
        for key in ["a b/%20+ü#?", "inputs.pb"] {
            assert_eq!(object(key).path.as_ref(), key);
        }
        for key in ["a//b", "a/../b", "a/\u{7}"] {
            let opened = Object::open("", "s3", &format!("b/{key}"), std::iter::empty());
            assert_eq!(opened.err().unwrap().message, "an object cannot have this name", "{key:?}");
        }
    }
}
