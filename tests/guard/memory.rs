//! No copy of a secret stays in memory after the value or the guard that held it was dropped.
//!
//! The fixture reads a secret from a mounted file or from the local store. The test then searches the whole memory of that
//! process from the outside, because a search from the inside would find its own search pattern.

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

/// Counts the occurrences of `needle` in the memory of process `id`.
fn count_copies(id: u32, needle: &[u8]) -> usize {
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
        // A mapping beyond the end of its file cannot be read.
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            searched += bytes.len();
            found += memmem::find_iter(&bytes, needle).count();
        }
    }
    assert!(searched > 1 << 20, "only {searched} bytes were readable");
    found
}

/// The source of the secret.
#[derive(Clone, Copy, Debug)]
enum Source {
    Mount,
    Store,
}

/// Lets the fixture read and drop a value with `method`, and counts the copies that are left in its memory.
fn copies_after(method: &str, value: &[u8], source: Source) -> usize {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let mounts = tempfile::tempdir().unwrap();
    match source {
        Source::Mount => fs::write(mounts.path().join("scanned"), value).unwrap(),
        Source::Store => {
            let store = Store::open_or_create(&home.store_paths()).unwrap();
            let id = SecretId::new(Scope::Global, None, "scanned").unwrap();
            store.create(&id, SecretType::Generic, Value::bytes(value).unwrap()).unwrap();
        }
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_fixture"))
        .args(["run", "scanned", "--way", method])
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
    // Search for the middle: the allocator overwrites the first bytes of freed memory.
    let middle = value.len() / 2;
    let found = count_copies(child.id(), &value[middle - 16..middle + 16]);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    child.wait().unwrap();
    found
}

#[test]
fn no_copy_of_a_dropped_secret_stays_in_memory() {
    let mut random = fastrand::Rng::new();
    for length in [64, 1_000, 100_000, 1 << 20] {
        let word: Vec<u8> = (0..length).map(|_| u8::try_from(random.alphanumeric()).unwrap()).collect();
        let mut lines = [b" ", &word[..], b"\n"].concat();
        lines.truncate(1 << 20);
        // Universal newlines are converted in place.
        let mut crlf_lines = lines.clone();
        crlf_lines[length / 4] = b'\r';
        crlf_lines[length / 4 + 1] = b'\n';
        for value in [&word, &lines, &crlf_lines] {
            for method in ["get", "get_bytes", "get_secrets_file"] {
                for source in [Source::Mount, Source::Store] {
                    assert_eq!(
                        copies_after(method, value, source),
                        0,
                        "{method} of {length} bytes from the {source:?}"
                    );
                }
            }
        }
        // A guard, and a redactor that received the value byte by byte.
        assert_eq!(copies_after("guard", &lines, Source::Mount), 0, "a guard of {length} bytes");
        for source in [Source::Mount, Source::Store] {
            assert!(
                copies_after("held", &word, source) > 0,
                "the search does not find a value that is still held"
            );
        }
    }
}

#[test]
fn no_copy_of_a_field_stays_in_memory_after_the_guard_is_dropped() {
    let mut random = fastrand::Rng::new();
    let word: String = (0..64).map(|_| random.alphanumeric()).collect();
    // The word is in the middle of each value.
    for (before, after) in [
        ("{\"password\": \"\\u0041", "\\n\\u0041\"}"),
        ("postgres://a:%41", "%41@db/x"),
        ("password='it''s ", " it''s so  '"),
        ("password=\"a\"\"", "\\\" and more\""),
        ("Uid=app;Pwd={a}}", "b};Server=db;"),
        ("<password>&amp;", "&lt;</password>"),
    ] {
        let value = format!("{before}{word}{after}");
        assert_eq!(copies_after("guard", value.as_bytes(), Source::Mount), 0, "{before}…{after}");
    }
}
