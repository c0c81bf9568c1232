//! A run as its records describe it.

use std::{collections::BTreeMap, fs, io, path::PathBuf, time::Duration};

use sealkit_engine::call_label;
use serde_json::{Map, Value};

use super::{
    cannot_read, is_local_name, is_running, log_file, names,
    record::{Record, RecordedError, VERSION},
    records_file,
};
use crate::{directories, error::CommandError};

/// How far a run or a task has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    Succeeded,
    Failed,
    /// Ended by Ctrl-C or a signal.
    Aborted,
    /// The command was killed before the end.
    Interrupted,
}

impl Phase {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A run of the history. Times are milliseconds since 1970.
pub(super) struct PastRun {
    pub(super) name: String,
    pub(super) program: String,
    pub(super) task: String,
    pub(super) started: u64,
    pub(super) ended: Option<u64>,
    pub(super) phase: Phase,
    pub(super) exit_code: Option<u8>,
    pub(super) error: Option<String>,
    pub(super) calls: Vec<Call>,
    /// It does not exist if the tasks have printed nothing.
    pub(super) log: PathBuf,
}

/// A call of a task, with all its attempts.
pub(super) struct Call {
    /// The pods of the attempts.
    pub(super) pods: Vec<u64>,
    /// The pod of the task that called this one.
    pub(super) caller: Option<u64>,
    pub(super) depth: usize,
    pub(super) task: String,
    /// The number of the call among all calls of the task, from 1.
    pub(super) number: u32,
    pub(super) secrets: Vec<String>,
    pub(super) inputs: Map<String, Value>,
    pub(super) outputs: Option<Map<String, Value>>,
    pub(super) attempts: Vec<Attempt>,
    /// Whether the result of an earlier call was used.
    pub(super) cached: bool,
}

/// An attempt of a task: a pod.
pub(super) struct Attempt {
    pub(super) started: u64,
    pub(super) ended: Option<u64>,
    pub(super) phase: Phase,
    pub(super) error: Option<RecordedError>,
}

impl Call {
    /// Returns the name of the task; the second call of a task is `task[2]`.
    pub(super) fn label(&self) -> String {
        call_label(&self.task, self.number)
    }

    /// Returns whether `selector` names the task, or this call of it.
    pub(super) fn is_selected_by(&self, selector: &str) -> bool {
        selector == self.task || selector == format!("{}[{}]", self.task, self.number)
    }

    /// Returns the name of the action, after its first pod.
    pub(super) fn action(&self) -> String {
        format!("a{}", self.pods.first().copied().unwrap_or_default())
    }

    pub(super) fn phase(&self) -> Phase {
        self.attempts.last().map_or(Phase::Running, |attempt| attempt.phase)
    }

    /// Returns the phase for people.
    pub(super) fn phase_text(&self) -> &'static str {
        if self.cached { "succeeded (cached)" } else { self.phase().as_str() }
    }
}

/// Returns the time between two times.
pub(super) fn duration(started: u64, ended: Option<u64>) -> Option<Duration> {
    ended.map(|ended| Duration::from_millis(ended.saturating_sub(started)))
}

/// Reads all runs, the latest started first. A run that another process deletes at the same time is left out.
pub(super) fn read_all() -> Vec<PastRun> {
    let mut runs: Vec<PastRun> = names().iter().filter_map(|name| read(name).ok()).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.started));
    runs
}

/// Reads a run.
pub(super) fn read(name: &str) -> Result<PastRun, CommandError> {
    let hint = "list the runs of this machine: sealkit get run --local";
    let not_found =
        || CommandError::failure(format!("no local run is named `{}`", sealkit_names::escape(name)));
    let Some(directory) = directories::runs().filter(|_| is_local_name(name)) else {
        return Err(not_found().with_hint(hint));
    };
    let path = records_file(&directory, name);
    // Before the records are read: a run that ends meanwhile has its last record.
    let is_running = is_running(&path);
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_found().with_hint(hint)),
        Err(error) => return Err(cannot_read(name, &error)),
    };
    // The last line of an interrupted run may be incomplete, and a later version may write other records.
    let records = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    from_records(records, is_running, log_file(&directory, name))
        .map_err(|reason| cannot_read(name, &io::Error::other(reason)))
}

fn from_records(
    mut records: impl Iterator<Item = Record>,
    is_running: bool,
    log: PathBuf,
) -> Result<PastRun, &'static str> {
    let Some(Record::Run { version, name, program, task, time }) = records.next() else {
        return Err("it has no first record");
    };
    if version > VERSION {
        return Err("a newer version of sealkit wrote it");
    }
    let phase = if is_running { Phase::Running } else { Phase::Interrupted };
    let (ended, exit_code, error, calls) = (None, None, None, Vec::new());
    let mut run = PastRun { name, program, task, started: time, ended, phase, exit_code, error, calls, log };
    // The position of the call of each pod.
    let mut positions = BTreeMap::new();
    for record in records {
        run.apply(record, &mut positions);
    }
    run.sort_calls();
    Ok(run)
}

impl PastRun {
    fn apply(&mut self, record: Record, positions: &mut BTreeMap<u64, usize>) {
        match record {
            Record::Run { .. } => {}
            Record::Started { pod, caller, task, call, attempt: _, time, secrets, inputs } => {
                let known = self.calls.iter().position(|known| known.task == task && known.number == call);
                let position = known.unwrap_or_else(|| {
                    let depth = caller.and_then(|caller| positions.get(&caller));
                    let depth = depth.map_or(0, |caller: &usize| self.calls[*caller].depth + 1);
                    let (outputs, attempts) = (None, Vec::new());
                    self.calls.push(Call {
                        pods: Vec::new(),
                        caller,
                        depth,
                        task,
                        number: call,
                        secrets,
                        inputs,
                        outputs,
                        attempts,
                        cached: false,
                    });
                    self.calls.len() - 1
                });
                positions.insert(pod, position);
                let attempt = Attempt { started: time, ended: None, phase: self.phase, error: None };
                self.calls[position].pods.push(pod);
                self.calls[position].attempts.push(attempt);
            }
            Record::Finished { pod, time, outputs, error, will_retry: _, cached } => {
                let Some(call) = positions.get(&pod).and_then(|position| self.calls.get_mut(*position))
                else {
                    return;
                };
                let Some(attempt) = call.attempts.last_mut() else { return };
                attempt.ended = Some(time);
                attempt.phase = match &error {
                    None => Phase::Succeeded,
                    Some(error) if error.code == "cancelled" => Phase::Aborted,
                    Some(_) => Phase::Failed,
                };
                attempt.error = error;
                call.outputs = outputs;
                call.cached = cached;
            }
            Record::Ended { time, exit_code, error } => {
                self.ended = Some(time);
                self.exit_code = Some(exit_code);
                self.error = error;
                self.phase = match exit_code {
                    0 => Phase::Succeeded,
                    1..128 => Phase::Failed,
                    _ => Phase::Aborted,
                };
            }
        }
    }

    /// Moves each call below the one that made it.
    fn sort_calls(&mut self) {
        let mut sorted: Vec<Call> = Vec::new();
        for call in self.calls.drain(..) {
            let parent =
                call.caller.and_then(|pod| sorted.iter().position(|parent| parent.pods.contains(&pod)));
            let position = parent.map_or(sorted.len(), |parent| {
                let below =
                    sorted.iter().skip(parent + 1).take_while(|other| other.depth > sorted[parent].depth);
                parent + 1 + below.count()
            });
            sorted.insert(position, call);
        }
        self.calls = sorted;
    }
}
