//! The history of local runs: what a run does is recorded while it runs, and can be read later.
//!
//! A run has two files, which `local_runs.md` documents: `NAME.jsonl` has one record per line, and `NAME.log` has what the tasks printed,
//! redacted, if they did. The process of the run locks the records, so that an interrupted run differs from a running one.

pub(crate) mod get_run;
pub(crate) mod logs;
mod past_run;
mod record;
mod recorder;
pub(crate) mod report;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::fs::{FlockOperation, flock};

pub(crate) use self::recorder::{Recorded, Recorder, RunInfo};
use crate::{directories, error::CommandError};

/// The number of runs that are kept.
const MAX_RUNS: usize = 20;
/// The beginning of the name of every local run.
const NAME_PREFIX: &str = "local-";

/// Returns whether this is the name of a local run.
pub(crate) fn is_local_name(name: &str) -> bool {
    name.strip_prefix(NAME_PREFIX)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Returns the names of all local runs, the newest first.
pub(crate) fn names() -> Vec<String> {
    directories::runs().map(|directory| newest_first(&directory)).unwrap_or_default()
}

/// Returns the file with the records of a run.
fn records_file(directory: &Path, run: &str) -> PathBuf {
    directory.join(format!("{run}.jsonl"))
}

/// Returns the file with the output of the tasks of a run.
fn log_file(directory: &Path, run: &str) -> PathBuf {
    directory.join(format!("{run}.log"))
}

/// Returns the names of the runs in `directory`, after the time of their latest record.
fn newest_first(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut runs: Vec<(SystemTime, String)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?.strip_suffix(".jsonl")?.to_owned();
            Some((entry.metadata().ok()?.modified().ok()?, name)).filter(|(_, name)| is_local_name(name))
        })
        .collect();
    runs.sort_unstable_by(|a, b| b.cmp(a));
    runs.into_iter().map(|(_, name)| name).collect()
}

/// Deletes all but the latest runs. Other processes may do the same, and a run that has not ended stays.
fn prune(directory: &Path) {
    for name in newest_first(directory).into_iter().skip(MAX_RUNS) {
        let records = records_file(directory, &name);
        if !is_running(&records) {
            // Another process may have deleted them.
            let _ = fs::remove_file(log_file(directory, &name));
            let _ = fs::remove_file(records);
        }
    }
}

/// Returns whether a process writes these records.
fn is_running(records: &Path) -> bool {
    fs::File::open(records).is_ok_and(|file| {
        flock(&file, FlockOperation::NonBlockingLockShared)
            .is_err_and(|error| error == rustix::io::Errno::WOULDBLOCK)
    })
}

/// The error for a file of the history that cannot be read.
fn cannot_read(run: &str, error: &io::Error) -> CommandError {
    CommandError::failure(format!(
        "cannot read the history of run `{run}`: {}",
        sealkit_names::io_reason(error)
    ))
}
