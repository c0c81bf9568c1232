//! A value that was read from a mounted file or from the local store is gone when it is dropped, and so is all that a guard
//! knew of it.
//!
//! The whole memory of the process that read it is searched, by this one: a search from the inside would have to
//! keep out of its own way.

#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    os::unix::fs::FileExt,
    process::{Command, Stdio},
};

use memchr::memmem;
use sealkit_store::{Scope, SecretId, SecretType, Store, Value};
use support::Home;

/// How often `needle` is in the memory of process `id`.
fn copies(id: u32, needle: &[u8]) -> usize {
    let memory = File::open(format!("/proc/{id}/mem")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).unwrap();
    let (mut found, mut searched) = (0, 0);
    for line in maps.lines().filter(|line| !line.ends_with("[vvar]") && !line.ends_with("[vsyscall]")) {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        if !rest.starts_with('r') {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        // A mapping beyond the end of its file cannot be read by anyone.
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            searched += bytes.len();
            found += memmem::find_iter(&bytes, needle).count();
        }
    }
    assert!(searched > 1 << 20, "only {searched} bytes could be searched");
    found
}

/// Where the fixture has its value from.
#[derive(Clone, Copy, Debug)]
enum Place {
    Mount,
    Store,
}

/// Has the fixture read a value in one way, and counts what is left of it afterwards.
fn left_after(way: &str, value: &[u8], place: Place) -> usize {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let mounts = tempfile::tempdir().unwrap();
    match place {
        Place::Mount => fs::write(mounts.path().join("scanned"), value).unwrap(),
        Place::Store => {
            let store = Store::open_or_create(&home.place()).unwrap();
            let id = SecretId::new(Scope::Global, None, "scanned").unwrap();
            store.create(&id, SecretType::Generic, Value::bytes(value).unwrap()).unwrap();
        }
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_fixture"))
        .args(["run", "scanned", "--way", way])
        .env_clear()
        .env("HOME", home.path())
        .env("FLYTE_SECRETS_DEFAULT_DIR", mounts.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    // Its middle: an allocator writes over the first bytes of what it gets back.
    let middle = value.len() / 2;
    let found = copies(child.id(), &value[middle - 16..middle + 16]);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    child.wait().unwrap();
    found
}

#[test]
fn nothing_of_a_dropped_value_is_left_in_memory() {
    let mut random = fastrand::Rng::new();
    for length in [64, 1_000, 100_000, 1 << 20] {
        let word: Vec<u8> = (0..length).map(|_| u8::try_from(random.alphanumeric()).unwrap()).collect();
        let mut lines = [b" ", &word[..], b"\n"].concat();
        lines.truncate(1 << 20);
        // Line ends are read as Python reads them, in place.
        let mut of_windows = lines.clone();
        of_windows[length / 4] = b'\r';
        of_windows[length / 4 + 1] = b'\n';
        for value in [&word, &lines, &of_windows] {
            for way in ["get", "get_bytes", "get_secrets_file"] {
                for place in [Place::Mount, Place::Store] {
                    assert_eq!(
                        left_after(way, value, place),
                        0,
                        "{way} of {length} bytes from the {place:?}"
                    );
                }
            }
        }
        // A guard, and a redactor that got it byte for byte.
        assert_eq!(left_after("guard", &lines, Place::Mount), 0, "a guard of {length} bytes");
        for place in [Place::Mount, Place::Store] {
            assert!(
                left_after("held", &word, place) > 0,
                "what is held must be found, or the search is blind"
            );
        }
    }
}
