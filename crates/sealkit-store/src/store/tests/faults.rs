//! A disk that refuses: whatever step fails, the old value stands.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Carries out steps until the one that it is to refuse, and that one by half.
#[derive(Debug)]
struct Refusing {
    directory: Arc<Directory>,
    left: AtomicUsize,
    error: i32,
}

impl Disk for Refusing {
    fn apply(&self, step: &Step) -> io::Result<()> {
        // Cleaning up is not refused again: a full disk lets files go.
        if matches!(step, Step::Remove(_)) || self.left.fetch_sub(1, Ordering::Relaxed) != 1 {
            return self.directory.apply(step);
        }
        if let Step::Write(path, bytes) = step {
            self.directory.apply(&Step::Write(path.clone(), bytes[..bytes.len() / 2].to_vec()))?;
        }
        Err(io::Error::from_raw_os_error(self.error))
    }
}

/// The store of `fresh` on a disk that refuses step number `step`.
fn refusing(fresh: &Fresh, step: usize, error: rustix::io::Errno) -> Store {
    let store = Store::open(&fresh.store.place).unwrap().unwrap();
    let (directory, left, error) = (store.directory.clone(), AtomicUsize::new(step), error.raw_os_error());
    Store { disk: Arc::new(Refusing { directory, left, error }), ..store }
}

const ERRORS: [(rustix::io::Errno, &str); 4] = [
    (rustix::io::Errno::NOSPC, "No space left on device"),
    (rustix::io::Errno::IO, "Input/output error"),
    (rustix::io::Errno::ROFS, "Read-only file system"),
    (rustix::io::Errno::DQUOT, "Disk quota exceeded"),
];

type Change = fn(&Store) -> Result<Entry>;

/// Has every step of `change` refused once, by every error, and returns how many steps there are.
fn refuse_each(change: Change, before: Option<&str>, message: &str) -> usize {
    for step in 1.. {
        for (errno, reason) in ERRORS {
            let fresh = fresh();
            fresh.create("beside", "v");
            if let Some(before) = before {
                fresh.create("k", before);
            }
            match change(&refusing(&fresh, step, errno)) {
                Err(error) => assert_eq!(error.to_string(), format!("{message}: {reason}"), "step {step}"),
                Ok(_) => return step - 1,
            }
            assert_eq!(value(&fresh.store, &id("k")).as_deref(), before, "step {step}");
            let left = fs::read_dir(fresh.store.place.directory().join("tmp")).unwrap().count();
            assert_eq!(left, 0, "step {step} leaves a file");
            change(&fresh.store).unwrap();
            assert!(fresh.store.verify().unwrap().is_empty());
        }
    }
    unreachable!("every change has an end")
}

#[test]
fn a_create_that_fails_at_any_step_leaves_nothing() {
    let create: Change = |store| store.create(&id("k"), SecretType::Generic, text("new"));
    assert_eq!(refuse_each(create, None, "secret `k` could not be stored"), 9);
}

#[test]
fn an_update_that_fails_at_any_step_changes_nothing() {
    let update: Change = |store| store.update(&id("k"), text("new"));
    let message = "secret `k` could not be changed, and its value is as it was";
    assert_eq!(refuse_each(update, Some("old"), message), 5);
}

#[test]
fn a_delete_that_fails_at_any_step_deletes_nothing() {
    let delete: Change = |store| store.delete(&id("k"));
    let message = "secret `k` could not be changed, and its value is as it was";
    assert_eq!(refuse_each(delete, Some("old"), message), 5);
}
