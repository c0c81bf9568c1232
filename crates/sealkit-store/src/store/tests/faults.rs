//! Tests with a failing file system: if any operation fails, the old value is kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Applies operations until one that fails. If that is a write, it writes half of the contents first.
#[derive(Debug)]
struct FailingFileSystem {
    directory: Arc<Directory>,
    remaining: AtomicUsize,
    error: i32,
}

impl FileSystem for FailingFileSystem {
    fn apply(&self, operation: &Operation) -> io::Result<()> {
        // Removing files still works, as on a full disk.
        if matches!(operation, Operation::RemoveFile(_))
            || self.remaining.fetch_sub(1, Ordering::Relaxed) != 1
        {
            return self.directory.apply(operation);
        }
        if let Operation::WriteFile(path, bytes) = operation {
            self.directory.apply(&Operation::WriteFile(path.clone(), bytes[..bytes.len() / 2].to_vec()))?;
        }
        Err(io::Error::from_raw_os_error(self.error))
    }
}

/// Returns the store of `test` on a file system whose operation number `failing` fails with `error`.
fn with_failing_operation(test: &TestStore, failing: usize, error: rustix::io::Errno) -> Store {
    let store = Store::open(&test.store.paths).unwrap().unwrap();
    let (directory, remaining, error) =
        (store.directory.clone(), AtomicUsize::new(failing), error.raw_os_error());
    Store { file_system: Arc::new(FailingFileSystem { directory, remaining, error }), ..store }
}

const ERRORS: [(rustix::io::Errno, &str); 4] = [
    (rustix::io::Errno::NOSPC, "No space left on device"),
    (rustix::io::Errno::IO, "Input/output error"),
    (rustix::io::Errno::ROFS, "Read-only file system"),
    (rustix::io::Errno::DQUOT, "Disk quota exceeded"),
];

type Change = fn(&Store) -> Result<Entry>;

/// Lets each file system operation of `change` fail once with each error, and returns the number of operations.
fn fail_each_operation(change: Change, before: Option<&str>, message: &str) -> usize {
    for failing in 1.. {
        for (errno, reason) in ERRORS {
            let test = test_store();
            test.create("beside", "v");
            if let Some(before) = before {
                test.create("k", before);
            }
            match change(&with_failing_operation(&test, failing, errno)) {
                Err(error) => {
                    assert_eq!(error.to_string(), format!("{message}: {reason}"), "operation {failing}");
                }
                Ok(_) => return failing - 1,
            }
            assert_eq!(value(&test.store, &id("k")).as_deref(), before, "operation {failing}");
            let leftovers = fs::read_dir(test.store.paths.directory().join("tmp")).unwrap().count();
            assert_eq!(leftovers, 0, "operation {failing} leaves a file");
            change(&test.store).unwrap();
            assert!(test.store.verify().unwrap().is_empty());
        }
    }
    unreachable!("every change has a last operation")
}

#[test]
fn a_failed_create_leaves_no_secret() {
    let create: Change = |store| store.create(&id("k"), SecretType::Generic, text("new"));
    assert_eq!(fail_each_operation(create, None, "secret `k` could not be stored"), 9);
}

#[test]
fn a_failed_update_keeps_the_old_value() {
    let update: Change = |store| store.update(&id("k"), text("new"));
    let message = "secret `k` could not be changed, and keeps its value";
    assert_eq!(fail_each_operation(update, Some("old"), message), 5);
}

#[test]
fn a_failed_delete_keeps_the_secret() {
    let delete: Change = |store| store.delete(&id("k"));
    let message = "secret `k` could not be changed, and keeps its value";
    assert_eq!(fail_each_operation(delete, Some("old"), message), 5);
}
