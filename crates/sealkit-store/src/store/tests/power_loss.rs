//! Tests of power loss at any point, where any combination of unsynced changes may be lost.
//!
//! The tests record the operations of real changes. For each prefix of them, they build each state that a file system is
//! allowed to keep as a directory, and open it with the real store.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use super::*;

/// Applies operations and records them.
#[derive(Debug)]
struct RecordingFileSystem {
    directory: Arc<Directory>,
    operations: Mutex<Vec<Operation>>,
}

impl FileSystem for RecordingFileSystem {
    fn apply(&self, operation: &Operation) -> io::Result<()> {
        self.directory.apply(operation)?;
        self.operations.lock().unwrap().push(operation.clone());
        Ok(())
    }
}

/// A change that the store has acknowledged.
struct Acknowledgement {
    /// The number of operations before it.
    after: usize,
    /// The value that a read must return from then on.
    value: Option<&'static str>,
}

/// A change of a directory that has not been synced yet.
#[derive(Clone, Debug)]
enum Pending {
    Directory(PathBuf),
    /// A new name for the file with this number.
    Name(PathBuf, usize),
    RemovedName(PathBuf),
}

impl Pending {
    fn parent(&self) -> PathBuf {
        let (Self::Directory(path) | Self::Name(path, _) | Self::RemovedName(path)) = self;
        path.parent().unwrap_or(Path::new("")).to_owned()
    }
}

/// The durable state of a disk, and the changes that may still be lost.
#[derive(Clone, Default)]
struct Model {
    /// The durable directories.
    directories: Vec<PathBuf>,
    /// The durable names, each with the number of its file.
    names: BTreeMap<PathBuf, usize>,
    pending: Vec<Pending>,
    /// The contents of each file, and whether they are durable.
    files: Vec<(Vec<u8>, bool)>,
    /// The names that a running process sees.
    visible_names: BTreeMap<PathBuf, usize>,
    /// The directories that a running process sees.
    visible_directories: BTreeSet<PathBuf>,
}

impl Model {
    fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateDirectory(path) => {
                if self.visible_directories.insert(path.clone()) {
                    self.pending.push(Pending::Directory(path.clone()));
                }
            }
            Operation::WriteFile(path, bytes) => {
                self.files.push((bytes.clone(), false));
                self.add_name(path, self.files.len() - 1);
            }
            Operation::SyncFile(path) => self.files[self.visible_names[path]].1 = true,
            Operation::RenameNoReplace(from, to) | Operation::RenameReplace(from, to) => {
                // The two changes of a rename are synced separately if their directories differ.
                self.add_name(to, self.visible_names[from]);
                self.remove_name(from);
            }
            Operation::SyncDirectory(path) => {
                let (synced, pending) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition(|pending: &Pending| pending.parent() == *path);
                self.pending = pending;
                let synced: Vec<Pending> = synced;
                for pending in synced {
                    self.make_durable(&pending);
                }
            }
            Operation::RemoveFile(path) => self.remove_name(path),
        }
    }

    fn add_name(&mut self, path: &Path, file: usize) {
        self.visible_names.insert(path.to_owned(), file);
        self.pending.push(Pending::Name(path.to_owned(), file));
    }

    fn remove_name(&mut self, path: &Path) {
        self.visible_names.remove(path);
        self.pending.push(Pending::RemovedName(path.to_owned()));
    }

    fn make_durable(&mut self, pending: &Pending) {
        match pending {
            Pending::Directory(path) => self.directories.push(path.clone()),
            Pending::Name(path, file) => drop(self.names.insert(path.clone(), *file)),
            Pending::RemovedName(path) => drop(self.names.remove(path)),
        }
    }

    /// Makes the pending changes of temporary files durable.
    ///
    /// Temporary files are never read, and without this the number of states would explode.
    fn make_temporary_files_durable(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            if pending.parent() == Path::new(TEMPORARY_DIRECTORY) {
                self.make_durable(&pending);
            } else {
                self.pending.push(pending);
            }
        }
    }

    /// Returns every state that the disk can have after a power loss at this point.
    fn images(&self) -> BTreeSet<Image> {
        assert!(self.pending.len() < 10, "{} pending changes", self.pending.len());
        let mut images = BTreeSet::new();
        for survivors in 0_u32..1 << self.pending.len() {
            let mut image = self.clone();
            for (n, pending) in self.pending.iter().enumerate() {
                if survivors & 1 << n != 0 {
                    image.make_durable(pending);
                }
            }
            let is_unsynced = |file: &usize| !self.files[*file].1;
            // An unsynced file can be complete, empty, truncated, or filled with zeros.
            let outcomes = if image.names.values().any(is_unsynced) { 4 } else { 1 };
            for outcome in 0..outcomes {
                let mut image = image.clone();
                for (bytes, synced) in image.files.iter_mut().filter(|(_, synced)| !synced) {
                    match outcome {
                        1 => bytes.clear(),
                        2 => bytes.truncate(bytes.len() / 2),
                        3 => bytes.fill(0),
                        _ => *synced = true,
                    }
                }
                images.insert(image.image());
            }
        }
        images
    }

    /// Returns the directories and files that are reachable from the root.
    fn image(&self) -> Image {
        let is_reachable = |path: &Path| {
            path.ancestors().skip(1).all(|parent| {
                parent.as_os_str().is_empty() || self.directories.iter().any(|directory| directory == parent)
            })
        };
        let directories = self.directories.iter().filter(|path| is_reachable(path)).cloned();
        let files = self.names.iter().filter(|(path, _)| is_reachable(path));
        Image {
            directories: directories.collect(),
            files: files.map(|(path, file)| (path.clone(), self.files[*file].0.clone())).collect(),
        }
    }
}

/// The contents of a disk after a power loss.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Image {
    directories: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Image {
    /// Writes this state to the directory `root`.
    fn build(&self, root: &Path) {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        let create_private = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path).unwrap();
        create_private(root);
        for path in &self.directories {
            create_private(&root.join(path));
        }
        for (path, bytes) in &self.files {
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(root.join(path)).unwrap();
            io::Write::write_all(&mut file, bytes).unwrap();
        }
    }
}

#[test]
fn after_a_power_loss_acknowledged_changes_are_complete_and_others_are_complete_or_absent() {
    let root = temporary_directory();
    let paths = paths(root.path());
    let directory = Arc::new(Directory::open_or_create(paths.directory()).unwrap());
    let recording = RecordingFileSystem { directory: directory.clone(), operations: Mutex::default() };
    let recording = Arc::new(recording);
    let store = Store::create_in(&paths, &directory, recording.clone()).unwrap();
    let id = id("k");
    let mut acknowledged = vec![Acknowledgement { after: 0, value: None }];
    let mut acknowledge = |value| {
        let after = recording.operations.lock().unwrap().len();
        acknowledged.push(Acknowledgement { after, value });
    };
    acknowledge(None);
    store.create(&id, SecretType::Generic, text("one")).unwrap();
    acknowledge(Some("one"));
    for value in ["two", "three", "four", "five", "six"] {
        store.update(&id, text(value)).unwrap();
        acknowledge(Some(value));
    }
    store.delete(&id).unwrap();
    acknowledge(None);
    store.create(&id, SecretType::Generic, text("seven")).unwrap();
    acknowledge(Some("seven"));

    let operations = recording.operations.lock().unwrap().clone();
    let (mut model, mut images, mut leftovers) = (Model::default(), 0, 0);
    for applied in 0..=operations.len() {
        if applied > 0 {
            model.apply(&operations[applied - 1]);
        }
        let current = acknowledged.iter().rposition(|change| change.after <= applied).unwrap();
        if acknowledged[current].after == applied {
            model.make_temporary_files_durable();
        }
        // The outcome of an unfinished change is allowed too.
        let allowed = [Some(current), Some(current + 1).filter(|next| *next < acknowledged.len())];
        let allowed: Vec<_> = allowed.into_iter().flatten().map(|n| acknowledged[n].value).collect();
        for image in model.images() {
            images += 1;
            let crashed = temporary_directory();
            let paths = StorePaths::new(crashed.path().join("secrets"), paths.key_file());
            image.build(paths.directory());
            let store = Store::open_or_create(&paths).unwrap();
            let value = value(&store, &id);
            assert!(
                allowed.contains(&value.as_deref()),
                "after {applied} operations: {value:?}, allowed {allowed:?}"
            );
            assert!(store.verify().unwrap().is_empty());
            let temporary_files = || store.directory.file_names(Path::new(TEMPORARY_DIRECTORY)).unwrap();
            leftovers += temporary_files().len();
            drop(store.lock().unwrap());
            assert!(temporary_files().is_empty());
        }
    }
    assert!(images > 200 && leftovers > 0, "{images} states, {leftovers} leftovers");
}
