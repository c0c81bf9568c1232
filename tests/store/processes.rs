//! Tests of the store with concurrent processes, killed processes and full disks.

use std::{
    collections::HashMap,
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use sealkit_store::{Scope, SecretId, SecretType, Store, StorePaths, Value};
use support::{
    Home,
    churn::{Change, KEYS},
    tool,
};
use tempfile::TempDir;

/// A store in a temporary directory, in memory if possible: killing a process loses no unsynced data.
struct TestStore {
    directory: TempDir,
    is_fuse: bool,
}

impl TestStore {
    fn new() -> Self {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Self { directory, is_fuse: false }
    }

    /// The same below a mount of `bindfs`, which refuses to rename without replacing.
    fn on_fuse() -> Self {
        let mut test = Self::new();
        let place = test.directory.path().join("store");
        let lower = test.directory.path().join("lower");
        fs::create_dir_all(&place).unwrap();
        fs::create_dir_all(&lower).unwrap();
        // Names that a process has just created are not cached as missing.
        let options = ["-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0"];
        let status = Command::new(tool("bindfs")).args(options).args([lower, place]).status();
        assert!(status.unwrap().success());
        test.is_fuse = true;
        test
    }

    fn directory(&self) -> PathBuf {
        self.directory.path().join("store/secrets")
    }

    fn store(&self) -> Store {
        Store::open_or_create(&StorePaths::new(self.directory(), self.directory.path().join("key"))).unwrap()
    }

    fn worker(&self, line: &str) -> Child {
        let (verb, rest) = line.split_once(' ').unwrap();
        Command::new(env!("CARGO_BIN_EXE_store_worker"))
            .arg(verb)
            .args([self.directory(), self.directory.path().join("key")])
            .args(rest.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Returns the names of temporary files.
    fn temporary_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory().join("tmp")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // FUSE renames a file that is removed before it has heard that the killed process closed it, and removes it when it hears that.
        names.filter(|name| !name.starts_with(".fuse_hidden")).collect()
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if self.is_fuse {
            let _ = Command::new("umount").arg(self.directory.path().join("store")).status();
        }
    }
}

fn id(key: &str) -> SecretId {
    SecretId::new(Scope::Global, None, key).unwrap()
}

fn create(store: &Store, key: &str) {
    store.create(&id(key), SecretType::Generic, Value::text(&"0-0;".repeat(100)).unwrap()).unwrap();
}

fn version(store: &Store, key: &str) -> u64 {
    store.get(&id(key)).unwrap().unwrap().entry.version
}

#[test]
fn sixty_four_processes_lose_no_update_and_readers_see_complete_values() {
    update_in_parallel(&TestStore::new());
}

#[test]
#[cfg_attr(not(all(is_root, has_bindfs)), ignore = "needs root and bindfs")]
fn sixty_four_processes_lose_no_update_on_a_file_system_without_atomic_creation() {
    update_in_parallel(&TestStore::on_fuse());
}

fn update_in_parallel(test: &TestStore) {
    const PROCESSES: u64 = 64;
    const UPDATES: u64 = 200;
    let store = test.store();
    create(&store, "shared");
    (0..PROCESSES / 2).for_each(|n| create(&store, &format!("own-{n}")));

    let readers: Vec<Child> = ["shared", "own-0"].map(|key| test.worker(&format!("read {key}"))).into();
    let writers: Vec<Child> = (0..PROCESSES)
        // Half of the processes update the same secret, the others one secret each.
        .map(|n| match n % 2 {
            0 => test.worker(&format!("update shared {UPDATES}")),
            _ => test.worker(&format!("update own-{} {UPDATES}", n / 2)),
        })
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    for mut reader in readers {
        drop(reader.stdin.take());
        let output = reader.wait_with_output().unwrap();
        assert!(output.status.success());
        let reads: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        assert!(reads > 100, "only {reads} reads");
    }
    assert_eq!(version(&store, "shared"), 1 + PROCESSES / 2 * UPDATES);
    (0..PROCESSES / 2).for_each(|n| assert_eq!(version(&store, &format!("own-{n}")), 1 + UPDATES));
    assert!(store.verify().unwrap().is_empty());
}

/// Returns how many processes are killed: `SEALKIT_TEST_KILLS`, or 2,000.
fn kills() -> u64 {
    env::var("SEALKIT_TEST_KILLS").ok().map_or(2_000, |number| number.parse().unwrap())
}

#[test]
fn acknowledged_changes_survive_the_death_of_the_process() {
    kill_during_changes(&TestStore::new());
}

#[test]
#[cfg_attr(not(all(is_root, has_bindfs)), ignore = "needs root and bindfs")]
fn acknowledged_changes_survive_on_a_file_system_without_atomic_creation() {
    kill_during_changes(&TestStore::on_fuse());
}

fn kill_during_changes(test: &TestStore) {
    let store = test.store();
    create(&store, "other");
    let mut acknowledged: HashMap<String, Option<String>> = KEYS.map(|key| (key.to_owned(), None)).into();
    let (mut changes, mut leftovers, mut unacknowledged) = (0, 0, 0);
    let mut random = fastrand::Rng::new();
    let start = Instant::now();
    (0..10).for_each(|_| drop(store.update(&id("other"), Value::text("old").unwrap()).unwrap()));
    // A process is killed during its first three changes.
    let longest = u64::try_from(start.elapsed().as_micros()).unwrap() / 10 * 3;
    for seed in 0..kills() {
        let mut worker = test.worker(&format!("churn {seed}"));
        let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
        // Wait for the first change, so that the process is killed during a change.
        let first = lines.next().unwrap().unwrap();
        thread::sleep(Duration::from_micros(random.u64(..longest)));
        worker.kill().unwrap();
        worker.wait().unwrap();

        let mut started = None;
        let reports = [first].into_iter().chain(lines.map(Result::unwrap));
        for change in reports.map_while(|line| Change::parse(&line)) {
            match (change, &mut started) {
                (Change::Acknowledged, Some((key, value))) => {
                    acknowledged.insert(std::mem::take(key), std::mem::take(value));
                    started = None;
                    changes += 1;
                }
                (Change::Started { key, value }, None) => started = Some((key, value)),
                (change, started) => panic!("{change:?} after {started:?}"),
            }
        }
        for key in KEYS {
            let stored = store.get(&id(key)).unwrap();
            let stored = stored.map(|stored| String::from_utf8(stored.value.to_vec()).unwrap());
            let last = &acknowledged[key];
            let new = started.as_ref().filter(|(started, _)| started == key).map(|(_, value)| value);
            assert!(stored == *last || Some(&stored) == new, "{key} is {stored:?}: {last:?} or {new:?}");
            unacknowledged += u64::from(stored != *last);
            acknowledged.insert(key.to_owned(), stored);
        }
        leftovers += test.temporary_files().len();
        if seed % 50 == 0 {
            assert!(store.verify().unwrap().is_empty());
        }
        store.update(&id("other"), Value::text("new").unwrap()).unwrap();
        assert_eq!(test.temporary_files(), [""; 0], "the next change removes temporary files");
    }
    assert!(store.verify().unwrap().is_empty());
    println!(
        "{changes} acknowledged changes; killed after a change took effect: {unacknowledged}, before: {leftovers}"
    );
    // A short run may kill no process during a change.
    assert!(
        kills() < 1_000 || (unacknowledged > 0 && leftovers > 0),
        "no process was killed during a change"
    );
}

/// Runs a shell script with a small file system mounted at `~/.local`, and returns its output.
fn with_a_small_disk(home: &Home, script: &str) -> String {
    let unshare = tool("unshare");
    let mount = "mkdir -p ~/.local && mount -t tmpfs -o size=256k tmpfs ~/.local";
    let shell = home.program(unshare.to_str().unwrap()).env("PATH", env::var_os("PATH").unwrap());
    let shell =
        shell.env("sealkit", home.command()).env("program", env!("CARGO_BIN_EXE_example_using_secrets"));
    let shell = shell.args("--user --map-root-user --mount sh -c");
    // One stream keeps the order of lines.
    let finished = shell.arg(format!("exec 2>&1; {mount} || exit; {script}")).run().unwrap();
    home.normalize(&finished.stdout)
}

#[test]
#[cfg_attr(not(has_namespaces), ignore = "needs user namespaces")]
fn a_full_disk_keeps_the_old_value() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let output = with_a_small_disk(
        &home,
        "printf old | $sealkit create secret my_secret -f - >/dev/null 2>&1
         cat /dev/zero > ~/.local/filler 2>/dev/null
         printf newer | $sealkit update secret my_secret -f -; echo exit $?
         printf other | $sealkit create secret other -f -; echo exit $?
         $program
         ls ~/.local/share/sealkit/secrets/tmp
         $sealkit verify store
         rm ~/.local/filler
         printf newer | $sealkit update secret my_secret -f -
         $program",
    );
    insta::assert_snapshot!(output, @"
    error: secret `my_secret` could not be changed, and keeps its value: No space left on device
    hint: the file system of ~/.local/share/sealkit/secrets (tmpfs) is full: free some space, or keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY
    exit 1
    error: secret `other` could not be stored: No space left on device
    hint: the file system of ~/.local/share/sealkit/secrets (tmpfs) is full: free some space, or keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY
    exit 1
    warning: secret `my_secret` is too short (3 bytes): outputs, errors and logs are not searched for it
    3
    The store `~/.local/share/sealkit/secrets` is intact
    Updated secret `my_secret` (version 2)
    warning: secret `my_secret` has only 4 different characters: outputs, errors and logs are not searched for it
    warning: secret `my_secret` has only 4 different characters: outputs, errors and logs are not searched for it
    5
    ");
}

#[test]
#[cfg_attr(not(has_namespaces), ignore = "needs user namespaces")]
fn a_read_only_store_can_be_read() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let output = with_a_small_disk(
        &home,
        "printf old | $sealkit create secret my_secret -f - >/dev/null 2>&1
         mount -o remount,ro ~/.local
         printf newer | $sealkit update secret my_secret -f -; echo exit $?
         $program
         $sealkit get secret -o name",
    );
    insta::assert_snapshot!(output, @"
    error: `~/.local/share/sealkit/secrets` cannot be changed: Read-only file system
    hint: the file system of ~/.local/share/sealkit/secrets (tmpfs) is read-only: keep the store and its key elsewhere: export SEALKIT_HOME=DIRECTORY
    exit 1
    warning: secret `my_secret` is too short (3 bytes): outputs, errors and logs are not searched for it
    3
    my_secret
    ");
}

#[test]
#[cfg_attr(not(has_namespaces), ignore = "needs user namespaces")]
fn an_exposed_passphrase_file_is_refused_unless_it_is_a_pipe_or_on_a_read_only_mount() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let output = with_a_small_disk(
        &home,
        "(umask 077; printf 'correct horse' > ~/.local/passphrase)
         printf 'battery staple' | $sealkit create secret my_secret -f - >/dev/null 2>&1
         $sealkit update key --passphrase-file ~/.local/passphrase >/dev/null 2>&1
         printf 'correct horse' | SEALKIT_PASSPHRASE_FILE=/dev/stdin $program
         export SEALKIT_PASSPHRASE_FILE=~/.local/passphrase
         $program
         chmod 644 ~/.local/passphrase
         $program
         mount -o remount,ro ~/.local
         $program",
    );
    insta::assert_snapshot!(output, @"
    14
    14
    error: task `main` failed: task `t1` failed: the passphrase file `~/.local/passphrase` is accessible to other users
    hint: restrict its mode: chmod 600 ~/.local/passphrase
    14
    ");
}

#[test]
fn an_error_names_a_directory_that_cannot_be_created() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    fs::write(home.path().join(".local"), "").unwrap();
    let finished = home.run("create secret my_secret --value v").unwrap();
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("`~/.local/share/sealkit/secrets`"), "{finished}");
    assert!(!Path::new(&home.path().join(".config")).exists(), "no key is created without a store");
}
