//! A task that looks for a secret in the processes of others.

use std::{
    fs,
    io::{self, Read as _},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use sealkit::task;

/// Searches the pods of a program, and runs of the command, for a secret, until standard input ends. Returns the number of looks at pods,
/// of looks at commands, and of finds.
#[task]
fn spy(program: String, command: String, secret: String) -> anyhow::Result<Vec<usize>> {
    let done = Arc::new(AtomicBool::new(false));
    let flag = done.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        flag.store(true, Ordering::SeqCst);
    });
    let runs = format!("{command}\0run\0");
    let (flag, value) = (done.clone(), secret.clone());
    let runs = thread::spawn(move || search(&flag, &value, &|line| line.starts_with(runs.as_bytes())));
    let is_pod = |line: &[u8]| {
        line.starts_with(program.as_bytes()) && line.windows(9).any(|part| part == b"\0execute\0")
    };
    let (pod_looks, pod_finds) = search(&done, &secret, &is_pod)?;
    let (run_looks, run_finds) = runs.join().map_err(|_| anyhow::anyhow!("panicked"))??;
    Ok(vec![pod_looks, run_looks, pod_finds + run_finds])
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
