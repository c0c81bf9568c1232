//! Records a run while it runs.
//!
//! A thread writes the files: a file system takes longer for them than a small task takes.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, SyncSender},
    },
    thread::{self, JoinHandle},
};

use rustix::fs::{FlockOperation, flock};
use sealkit_engine::{Event, Problem, Success, call_label};
use sealkit_guard::Guard;
use sealkit_program::{Inputs, Task};
use sealkit_remote::literals_to_json;
use serde_json::{Map, Value};

use super::{
    log_file, prune,
    record::{Record, RecordedError, VERSION, now},
    records_file,
};
use crate::{directories, error::CommandError, terminal};

/// The longest line of the log; a longer one is split.
const MAX_LINE: usize = 64 * 1024;
/// The size of the log. What follows is not recorded.
const MAX_LOG: usize = 64 * 1024 * 1024;
/// The number of entries that wait to be written. A pod that prints faster than the file system writes has to wait.
const MAX_PENDING: usize = 64;
/// The longest text in an input or an output. A longer one is described by its length.
const MAX_TEXT: usize = 64 * 1024;

/// What is known about a run at its start.
pub(crate) struct RunInfo<'a> {
    pub(crate) name: &'a str,
    pub(crate) program: &'a Path,
    pub(crate) task: &'a str,
    pub(crate) guard: Arc<Guard>,
}

/// Records the events of one run. An error is printed once and ends the recording, not the run.
pub(crate) struct Recorder {
    guard: Arc<Guard>,
    entries: SyncSender<Entry>,
    writer: Mutex<Option<JoinHandle<Option<Recorded>>>>,
}

/// The files of a run that has ended.
pub(crate) struct Recorded {
    /// The path of the log, if anything was printed.
    pub(crate) log: Option<PathBuf>,
}

/// What is written next.
enum Entry {
    Record(Record),
    /// A pod starts, and its output has this label.
    Label(u64, String),
    Output(u64, Vec<u8>),
    EndOfOutput(u64),
    EndOfRun,
}

struct Files {
    /// Locked until the writer ends.
    records: File,
    /// Created when something is printed.
    log: Option<File>,
    log_path: PathBuf,
    /// The number of bytes in the log.
    logged: usize,
    pods: BTreeMap<u64, PodLog>,
}

/// The output of a pod.
struct PodLog {
    /// The name of the task; the second call of a task is `task[2]`.
    label: String,
    /// The line that is not complete yet.
    line: Vec<u8>,
}

impl Recorder {
    /// Starts to record a run, and deletes old runs. Returns `None` without a home directory.
    pub(crate) fn start(run: RunInfo<'_>) -> Option<Self> {
        let (directory, name) = (directories::runs()?, run.name.to_owned());
        let (entries, pending) = mpsc::sync_channel(MAX_PENDING);
        let writer = Mutex::new(Some(thread::spawn(move || write(&directory, &name, &pending))));
        let recorder = Self { guard: run.guard, entries, writer };
        recorder.record(Record::Run {
            version: VERSION,
            name: run.name.to_owned(),
            program: recorder.redact(&run.program.to_string_lossy()),
            task: run.task.to_owned(),
            time: now(),
        });
        Some(recorder)
    }

    /// Records an event.
    pub(crate) fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Started { pod, caller, task, call, attempt, inputs } => {
                let label = call_label(&task.name, *call);
                self.send(Entry::Label(*pod, label));
                self.started(*pod, *caller, task, (*call, *attempt), inputs);
            }
            Event::Cached { pod, caller, task, call, inputs, success } => {
                self.started(*pod, *caller, task, (*call, 0), inputs);
                self.finished(*pod, Ok(success), false, true);
            }
            Event::Output { pod, bytes } => self.send(Entry::Output(*pod, bytes.to_vec())),
            Event::Finished { pod, outcome, retry, .. } => {
                self.send(Entry::EndOfOutput(*pod));
                self.finished(*pod, *outcome, retry.is_some(), false);
            }
            _ => {}
        }
    }

    fn started(
        &self,
        pod: u64,
        caller: Option<u64>,
        task: &Task,
        (call, attempt): (u32, u32),
        inputs: &Inputs,
    ) {
        self.record(Record::Started {
            pod,
            caller,
            task: task.name.clone(),
            call,
            attempt,
            time: now(),
            secrets: task.secret_requests.iter().map(|request| request.request().to_string()).collect(),
            inputs: self.values(literals_to_json(inputs.literals.clone())),
        });
    }

    fn finished(&self, pod: u64, outcome: Result<&Success, &Problem>, will_retry: bool, cached: bool) {
        let outputs = outcome.ok().map(|success| success.outputs.literals.clone());
        self.record(Record::Finished {
            pod,
            time: now(),
            outputs: outputs.map(|literals| self.values(literals_to_json(literals))),
            error: outcome.err().map(|problem| self.error(problem)),
            will_retry,
            cached,
        });
    }

    /// Records the end of the run, and waits for the files. Returns `None` if they could not be written.
    pub(crate) fn finish(&self, outcome: &Result<(), CommandError>) -> Option<Recorded> {
        let error = outcome.as_ref().err();
        self.record(Record::Ended {
            time: now(),
            exit_code: error.map_or(0, CommandError::code),
            error: error.map(|error| self.redact(error.message())),
        });
        self.send(Entry::EndOfRun);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        writer?.join().ok().flatten()
    }

    fn error(&self, problem: &Problem) -> RecordedError {
        RecordedError {
            code: problem.code().as_str().to_owned(),
            message: self.redact(&problem.to_string()),
            hint: problem.hint.as_deref().map(|hint| self.redact(hint)),
        }
    }

    fn redact(&self, text: &str) -> String {
        self.guard.redact_text(text).into_owned()
    }

    /// Redacts inputs or outputs: every text in them, the names of their members, and numbers that are secrets.
    fn values(&self, values: Map<String, Value>) -> Map<String, Value> {
        values.into_iter().map(|(name, value)| (self.redact(&name), self.value(value))).collect()
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) if text.len() > MAX_TEXT => format!("({} bytes)", text.len()).into(),
            Value::String(text) => self.redact(&text).into(),
            Value::Number(number) => {
                let text = number.to_string();
                let redacted = self.redact(&text);
                if redacted == text { Value::Number(number) } else { redacted.into() }
            }
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(values) => Value::Object(self.values(values)),
            Value::Null | Value::Bool(_) => value,
        }
    }

    fn record(&self, record: Record) {
        self.send(Entry::Record(record));
    }

    fn send(&self, entry: Entry) {
        // The writer has ended after an error.
        let _ = self.entries.send(entry);
    }
}

/// Writes the entries of a run until its end, or until an error, which it prints. Returns the file to read.
fn write(directory: &Path, run: &str, entries: &Receiver<Entry>) -> Option<Recorded> {
    let written = Files::create(directory, run).and_then(|mut files| {
        prune(directory);
        loop {
            match entries.recv() {
                Ok(Entry::Record(record)) => files.record(&record)?,
                Ok(Entry::Label(pod, label)) => {
                    files.pods.insert(pod, PodLog { label, line: Vec::new() });
                }
                Ok(Entry::Output(pod, bytes)) => files.output(pod, &bytes)?,
                Ok(Entry::EndOfOutput(pod)) => files.end_output(pod)?,
                Ok(Entry::EndOfRun) | Err(_) => {
                    return Ok(Recorded { log: files.log.map(|_| files.log_path) });
                }
            }
        }
    });
    written.inspect_err(|error| warn(directory, error)).ok()
}

impl Files {
    fn create(directory: &Path, run: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let log_path = log_file(directory, run);
        let records = create(&records_file(directory, run))?;
        // Not every file system has locks. Without one, a running run looks interrupted.
        let _ = flock(&records, FlockOperation::NonBlockingLockExclusive);
        Ok(Self { records, log: None, log_path, logged: 0, pods: BTreeMap::new() })
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.records.write_all(&line)
    }

    /// Writes the complete lines of a pod to the log.
    fn output(&mut self, pod: u64, bytes: &[u8]) -> io::Result<()> {
        let Some(PodLog { label, line }) = self.pods.get_mut(&pod) else { return Ok(()) };
        let mut text = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.ends_with(b"\n") || line.len() > MAX_LINE {
                push_line(&mut text, label, line);
            }
        }
        self.append(&text)
    }

    /// Writes the last line of a pod that has finished.
    fn end_output(&mut self, pod: u64) -> io::Result<()> {
        let Some(PodLog { label, mut line }) = self.pods.remove(&pod) else { return Ok(()) };
        let mut text = Vec::new();
        if !line.is_empty() {
            push_line(&mut text, &label, &mut line);
        }
        self.append(&text)
    }

    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        if text.is_empty() || self.logged > MAX_LOG {
            return Ok(());
        }
        let log = match &mut self.log {
            Some(log) => log,
            None => self.log.insert(create(&self.log_path)?),
        };
        self.logged += text.len();
        log.write_all(text)?;
        if self.logged > MAX_LOG {
            log.write_all(b"sealkit | the rest of the output is not recorded\n")?;
        }
        Ok(())
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Moves a line to `text`, after the name of its task. A terminal ends lines with `\r\n`.
fn push_line(text: &mut Vec<u8>, label: &str, line: &mut Vec<u8>) {
    let end = line.strip_suffix(b"\n").unwrap_or(line);
    let end = end.strip_suffix(b"\r").unwrap_or(end);
    text.extend_from_slice(label.as_bytes());
    text.extend_from_slice(b" | ");
    text.extend_from_slice(end);
    text.push(b'\n');
    line.clear();
}

fn warn(path: &Path, error: &io::Error) {
    terminal::warning(&format!(
        "cannot record the run in `{}`: {}",
        path.display(),
        sealkit_names::io_reason(error)
    ));
    terminal::hint("to run without a history, add --no-history");
}
