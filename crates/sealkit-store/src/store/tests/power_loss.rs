//! A loss of power at any moment: what was not synced may or may not be there, in any combination.
//!
//! The steps of real changes are recorded. For every prefix of them, every set of losses that a file system is allowed
//! is built as a directory, and opened by the real store.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use super::*;

/// Carries out steps and writes them down.
#[derive(Debug)]
struct Recording {
    directory: Arc<Directory>,
    steps: Mutex<Vec<Step>>,
}

impl Disk for Recording {
    fn apply(&self, step: &Step) -> io::Result<()> {
        self.directory.apply(step)?;
        self.steps.lock().unwrap().push(step.clone());
        Ok(())
    }
}

/// What the store promised when, as it looked to the one who called it.
struct Promise {
    /// How many steps had been taken.
    after: usize,
    value: Option<&'static str>,
}

/// A change of the name space that no sync has made certain yet.
#[derive(Clone, Debug)]
enum Pending {
    Directory(PathBuf),
    /// A new name for a file.
    Name(PathBuf, usize),
    NoName(PathBuf),
}

impl Pending {
    fn parent(&self) -> PathBuf {
        let (Self::Directory(path) | Self::Name(path, _) | Self::NoName(path)) = self;
        path.parent().unwrap_or(Path::new("")).to_owned()
    }
}

/// What is on the disk for certain, and what may be.
#[derive(Clone, Default)]
struct Model {
    directories: Vec<PathBuf>,
    /// Names, and the number of the file that each stands for.
    names: BTreeMap<PathBuf, usize>,
    pending: Vec<Pending>,
    /// The content of each file, and whether it is certain.
    files: Vec<(Vec<u8>, bool)>,
    /// Names as a running process sees them.
    seen: BTreeMap<PathBuf, usize>,
    /// Directories as a running process sees them.
    made: BTreeSet<PathBuf>,
}

impl Model {
    fn apply(&mut self, step: &Step) {
        match step {
            Step::MakeDirectory(path) => {
                if self.made.insert(path.clone()) {
                    self.pending.push(Pending::Directory(path.clone()));
                }
            }
            Step::Write(path, bytes) => {
                self.files.push((bytes.clone(), false));
                self.name(path, self.files.len() - 1);
            }
            Step::SyncFile(path) => self.files[self.seen[path]].1 = true,
            Step::Publish(from, to) | Step::Replace(from, to) => {
                // The two halves of a renaming reach the disk apart if their directories differ.
                self.name(to, self.seen[from]);
                self.forget(from);
            }
            Step::SyncDirectory(path) => {
                let (now, later) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition(|pending: &Pending| pending.parent() == *path);
                self.pending = later;
                let now: Vec<Pending> = now;
                for pending in now {
                    self.settle(&pending);
                }
            }
            Step::Remove(path) => self.forget(path),
        }
    }

    fn name(&mut self, path: &Path, file: usize) {
        self.seen.insert(path.to_owned(), file);
        self.pending.push(Pending::Name(path.to_owned(), file));
    }

    fn forget(&mut self, path: &Path) {
        self.seen.remove(path);
        self.pending.push(Pending::NoName(path.to_owned()));
    }

    fn settle(&mut self, pending: &Pending) {
        match pending {
            Pending::Directory(path) => self.directories.push(path.clone()),
            Pending::Name(path, file) => drop(self.names.insert(path.clone(), *file)),
            Pending::NoName(path) => drop(self.names.remove(path)),
        }
    }

    /// Leftovers of earlier changes are settled: they are never read, and one change leaves enough of them.
    fn settle_leftovers(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            if pending.parent() == Path::new(TEMPORARY) {
                self.settle(&pending);
            } else {
                self.pending.push(pending);
            }
        }
    }

    /// Every state that the disk may be in after a loss of power now.
    fn images(&self) -> BTreeSet<Image> {
        assert!(self.pending.len() < 10, "{} uncertain names", self.pending.len());
        let mut images = BTreeSet::new();
        for kept in 0_u32..1 << self.pending.len() {
            let mut image = self.clone();
            for (n, pending) in self.pending.iter().enumerate() {
                if kept & 1 << n != 0 {
                    image.settle(pending);
                }
            }
            let uncertain = |file: &usize| !self.files[*file].1;
            // An uncertain file may be whole, empty, cut short, or zeros.
            let damages = if image.names.values().any(uncertain) { 4 } else { 1 };
            for damage in 0..damages {
                let mut image = image.clone();
                for (bytes, certain) in image.files.iter_mut().filter(|(_, certain)| !certain) {
                    match damage {
                        1 => bytes.clear(),
                        2 => bytes.truncate(bytes.len() / 2),
                        3 => bytes.fill(0),
                        _ => *certain = true,
                    }
                }
                images.insert(image.image());
            }
        }
        images
    }

    /// The directories and files that can be reached from the root.
    fn image(&self) -> Image {
        let reached = |path: &Path| {
            path.ancestors().skip(1).all(|above| {
                above.as_os_str().is_empty() || self.directories.iter().any(|directory| directory == above)
            })
        };
        let directories = self.directories.iter().filter(|path| reached(path)).cloned();
        let files = self.names.iter().filter(|(path, _)| reached(path));
        Image {
            directories: directories.collect(),
            files: files.map(|(path, file)| (path.clone(), self.files[*file].0.clone())).collect(),
        }
    }
}

/// What a program finds on the disk after a loss of power.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Image {
    directories: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Image {
    /// Writes this state below `root`.
    fn build(&self, root: &Path) {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        let private = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path).unwrap();
        private(root);
        for path in &self.directories {
            private(&root.join(path));
        }
        for (path, bytes) in &self.files {
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(root.join(path)).unwrap();
            io::Write::write_all(&mut file, bytes).unwrap();
        }
    }
}

#[test]
fn after_a_loss_of_power_there_is_the_old_value_or_the_new_and_a_promised_one_for_certain() {
    let folder = temporary_folder();
    let place = place(folder.path());
    let directory = Arc::new(Directory::open_or_create(place.directory()).unwrap());
    let recording = Arc::new(Recording { directory: directory.clone(), steps: Mutex::default() });
    let store = Store::create_in(&place, &directory, recording.clone()).unwrap();
    let id = id("k");
    let mut promises = vec![Promise { after: 0, value: None }];
    let mut promise = |value| promises.push(Promise { after: recording.steps.lock().unwrap().len(), value });
    promise(None);
    store.create(&id, SecretType::Generic, text("one")).unwrap();
    promise(Some("one"));
    for value in ["two", "three", "four", "five", "six"] {
        store.update(&id, text(value)).unwrap();
        promise(Some(value));
    }
    store.delete(&id).unwrap();
    promise(None);
    store.create(&id, SecretType::Generic, text("seven")).unwrap();
    promise(Some("seven"));

    let steps = recording.steps.lock().unwrap().clone();
    let (mut model, mut images, mut leftovers) = (Model::default(), 0, 0);
    for taken in 0..=steps.len() {
        if taken > 0 {
            model.apply(&steps[taken - 1]);
        }
        let current = promises.iter().rposition(|promise| promise.after <= taken).unwrap();
        if promises[current].after == taken {
            model.settle_leftovers();
        }
        // While a change is under way, its outcome is allowed too.
        let allowed = [Some(current), Some(current + 1).filter(|next| *next < promises.len())];
        let allowed: Vec<_> = allowed.into_iter().flatten().map(|promise| promises[promise].value).collect();
        for image in model.images() {
            images += 1;
            let crashed = temporary_folder();
            let place = Place::new(crashed.path().join("secrets"), place.key_file());
            image.build(place.directory());
            let after = Store::open_or_create(&place).unwrap();
            let found = value(&after, &id);
            assert!(
                allowed.contains(&found.as_deref()),
                "after {taken} steps: {found:?}, allowed {allowed:?}"
            );
            assert!(after.verify().unwrap().is_empty());
            leftovers += after.directory.names(Path::new(TEMPORARY)).unwrap().len();
            drop(after.lock().unwrap());
            assert!(after.directory.names(Path::new(TEMPORARY)).unwrap().is_empty());
        }
    }
    assert!(images > 200 && leftovers > 0, "{images} states, {leftovers} leftovers");
}
