//! A task that looks for a secret in the processes of others.

use std::{
    fs,
    io::{self, Read as _},
    os::{fd::AsRawFd as _, unix::fs::FileExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use sealkit::task;

/// Searches the pods of a program, and runs of the command, for a secret in memory and for one in a file, until standard input ends.
/// Returns the number of looks at pods, at commands and at root directories, and of finds.
#[task]
fn spy(program: String, command: String, secret: String, file: String) -> anyhow::Result<Vec<usize>> {
    let done = Arc::new(AtomicBool::new(false));
    let flag = done.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        flag.store(true, Ordering::SeqCst);
    });
    let runs = format!("{command}\0run\0");
    let is_pod = move |line: &[u8]| {
        line.starts_with(program.as_bytes()) && line.windows(8).any(|part| part == b"\0answer\0")
    };
    let (flag, is_pod_with_files) = (done.clone(), is_pod.clone());
    let files = thread::spawn(move || search_files(&flag, &file, &is_pod_with_files));
    let (flag, value) = (done.clone(), secret.clone());
    let runs = thread::spawn(move || search(&flag, &value, &|line| line.starts_with(runs.as_bytes())));
    let (pod_looks, pod_finds) = search(&done, &secret, &is_pod)?;
    let (run_looks, run_finds) = runs.join().map_err(|_| anyhow::anyhow!("panicked"))??;
    let (root_looks, file_finds) = files.join().map_err(|_| anyhow::anyhow!("panicked"))??;
    Ok(vec![pod_looks, run_looks, root_looks, pod_finds + run_finds + file_finds])
}

/// Searches all processes whose command line is `wanted`, until it is `done`. Returns the number of looks and of finds.
fn search(done: &AtomicBool, secret: &str, wanted: &dyn Fn(&[u8]) -> bool) -> io::Result<(usize, usize)> {
    let (mut looks, mut finds) = (0, 0);
    while !done.load(Ordering::SeqCst) {
        for entry in fs::read_dir("/proc")?.flatten() {
            if !fs::read(entry.path().join("cmdline")).is_ok_and(|line| wanted(&line)) {
                continue;
            }
            // Until the process exits.
            while let Ok(true) = fs::exists(entry.path()) {
                looks += 1;
                let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
                let memory = memory_of(&entry.path());
                let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                finds += usize::from(holds(&environ) || holds(&memory));
                if fs::read(entry.path().join("cmdline")).is_ok_and(|line| line.is_empty()) {
                    break;
                }
            }
        }
    }
    Ok((looks, finds))
}

/// Opens the root directories of all processes whose command line is `wanted`, and searches them for a file with this content. A directory
/// stays open when its process is protected.
fn search_files(
    done: &AtomicBool,
    content: &str,
    wanted: &dyn Fn(&[u8]) -> bool,
) -> io::Result<(usize, usize)> {
    let (mut looks, mut finds) = (0, 0);
    while !done.load(Ordering::SeqCst) {
        for entry in fs::read_dir("/proc")?.flatten() {
            if !fs::read(entry.path().join("cmdline")).is_ok_and(|line| wanted(&line)) {
                continue;
            }
            let path = entry.path().join("root");
            let mut root = None;
            while let Ok(opened) = fs::File::open(&path) {
                looks += 1;
                root = Some(opened);
                if fs::read(entry.path().join("cmdline")).is_ok_and(|line| line.is_empty()) {
                    break;
                }
            }
            let Some(root) = root else { continue };
            while fs::read(entry.path().join("cmdline")).is_ok_and(|line| !line.is_empty()) {
                if has_file(&root, content) {
                    finds += 1;
                    break;
                }
            }
        }
    }
    Ok((looks, finds))
}

/// Returns the readable memory of the heap and the stack of a process.
fn memory_of(process: &Path) -> Vec<u8> {
    let Ok(memory) = fs::File::open(process.join("mem")) else { return Vec::new() };
    let maps = fs::read_to_string(process.join("maps")).unwrap_or_default();
    let mut all = Vec::new();
    for line in maps.lines().filter(|line| line.contains("[heap]") || line.contains("[stack]")) {
        let range = line.split_once(' ').unwrap_or_default().0.split_once('-').unwrap_or_default();
        let [start, end] =
            [range.0, range.1].map(|address| u64::from_str_radix(address, 16).unwrap_or_default());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or_default()];
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            all.extend(bytes);
        }
    }
    all
}

/// Returns whether a file of a run has this content, in the view of the system that a root directory belongs to.
fn has_file(root: &fs::File, content: &str) -> bool {
    let user = rustix::process::geteuid().as_raw();
    let mut folders =
        vec![PathBuf::from(format!("/proc/self/fd/{}/dev/shm/sealkit-{user}", root.as_raw_fd()))];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(&path).is_ok_and(|found| found == content.as_bytes()) {
                return true;
            }
        }
    }
    false
}
