//! Tests with a failing file system: if any operation fails, the old value is kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{super::write::removals, *};

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
    (rustix::io::Errno::DQUOT, "Disk quota exceeded"),
    (rustix::io::Errno::IO, "Input/output error"),
    (rustix::io::Errno::ROFS, "Read-only file system"),
];

type Change = fn(&Store) -> Result<Entry>;

/// Lets each file system operation of `change` fail once with each error, and returns the number of operations.
fn fail_each_operation(
    change: Change,
    errors: &[(rustix::io::Errno, &str)],
    before: Option<&str>,
    message: &str,
) -> usize {
    for failing in 1.. {
        for (errno, reason) in errors.iter().copied() {
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
    assert_eq!(fail_each_operation(create, &ERRORS, None, "secret `k` could not be stored"), 9);
}

#[test]
fn a_failed_update_keeps_the_old_value() {
    let update: Change = |store| store.update(&id("k"), text("new"));
    let message = "secret `k` could not be changed, and keeps its value";
    assert_eq!(fail_each_operation(update, &ERRORS, Some("old"), message), 5);
}

#[test]
fn a_failed_delete_keeps_the_secret() {
    let delete: Change = |store| store.delete(&id("k"));
    let message = "secret `k` could not be changed, and keeps its value";
    assert_eq!(fail_each_operation(delete, &ERRORS[2..], Some("old"), message), 5);
}

#[test]
fn a_delete_needs_no_space() {
    for (errno, _) in &ERRORS[..2] {
        for failing in 1..=5 {
            let test = test_store();
            test.create("k", "1");
            test.store.update(&id("k"), text("2")).unwrap();
            let store = with_failing_operation(&test, failing, *errno);
            assert_eq!(store.delete(&id("k")).unwrap().r#type, None);
            assert_eq!(value(&test.store, &id("k")), None);
            assert_eq!(test.store.history(&id("k")).unwrap(), []);
            assert!(test.store.verify().unwrap().is_empty());
            test.create("k", "3");
        }
    }
    // A deletion without a record removes the latest version last.
    let test = test_store();
    test.create("k", "1");
    test.store.update(&id("k"), text("2")).unwrap();
    let store = with_failing_operation(&test, usize::MAX, rustix::io::Errno::IO);
    let versions = versions(&store.file_names(&id("k")).unwrap(), &id("k"));
    for applied in 0..4 {
        let operations = removals(&id("k"), &versions);
        assert_eq!(operations.len(), 4);
        let is_left =
            operations[applied..].iter().any(|operation| matches!(operation, Operation::RemoveFile(_)));
        let kept = Operation::RemoveFile(shard_path(&id("k")).join(FileName::format(&id("k"), versions[0])));
        assert!(!is_left || operations[applied..].contains(&kept), "after {applied} operations");
    }
}
