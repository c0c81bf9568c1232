//! `logs` for runs on this machine: print what the tasks printed, redacted.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    thread,
    time::Duration,
};

use sealkit_names::nearest;
use sealkit_remote::sanitize;
use serde::Serialize;

use super::{
    cannot_read,
    past_run::{PastRun, Phase, read},
};
use crate::{
    arguments::{Logs, LogsOutput},
    error::CommandError,
    terminal,
};

/// The time between two reads of the log of a running run.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn logs(args: &Logs) -> Result<(), CommandError> {
    let mut run = read(&args.run)?;
    let (mut log, mut line) = (None, Vec::new());
    loop {
        // Read before the log: what a finished run has printed is complete.
        let is_running = run.phase == Phase::Running;
        if log.is_none() {
            log = match File::open(&run.log) {
                Ok(log) => Some(BufReader::new(log)),
                // The tasks have printed nothing so far.
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(cannot_read(&args.run, &error)),
            };
        }
        while let Some(log) = &mut log
            && log.read_until(b'\n', &mut line).map_err(|error| cannot_read(&args.run, &error))? > 0
        {
            if !line.ends_with(b"\n") {
                break;
            }
            if print(args, &String::from_utf8_lossy(&line))? {
                return Ok(());
            }
            line.clear();
        }
        if !(args.follow && is_running) {
            break;
        }
        thread::sleep(POLL_INTERVAL);
        run = read(&args.run)?;
    }
    check_task(args, &run)?;
    if log.is_none() {
        terminal::note(&format!("the tasks of run `{}` have printed nothing", run.name));
    }
    Ok(())
}

/// A line as JSON.
#[derive(Serialize)]
struct JsonLine<'a> {
    task: &'a str,
    call: u32,
    line: &'a str,
}

/// Prints a line of the log, if it is of a selected task. Returns whether the reader has closed standard output.
fn print(args: &Logs, line: &str) -> Result<bool, CommandError> {
    let (label, text) = line.trim_end_matches('\n').split_once(" | ").unwrap_or_default();
    let (task, call) = split_label(label);
    if args.task.as_ref().is_some_and(|selector| selector != task && *selector != format!("{task}[{call}]")) {
        return Ok(false);
    }
    let line = match args.output {
        LogsOutput::Text => format!("{} | {}", sanitize(label), sanitize(text)),
        LogsOutput::Raw => sanitize(text),
        LogsOutput::Json => serde_json::to_string(&JsonLine { task, call, line: text }).unwrap_or_default(),
    };
    terminal::print_unless_closed(&(line + "\n"))
}

/// Splits `t1[2]` into the name of the task and the number of the call.
fn split_label(label: &str) -> (&str, u32) {
    let call = label.strip_suffix(']').and_then(|label| label.rsplit_once('['));
    call.and_then(|(task, call)| Some((task, call.parse().ok()?))).unwrap_or((label, 1))
}

/// Returns an error if the run has no such task.
fn check_task(args: &Logs, run: &PastRun) -> Result<(), CommandError> {
    let Some(task) = &args.task else { return Ok(()) };
    if run.calls.iter().any(|call| call.is_selected_by(task)) {
        return Ok(());
    }
    let labels: Vec<String> = run.calls.iter().map(super::past_run::Call::label).collect();
    let name = sanitize(task);
    let error = CommandError::failure(format!("no task of run `{}` is named `{name}`", run.name));
    Err(error.with_hint(match nearest(task, labels.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{}`?", sanitize(near)),
        None => format!("list its tasks: sealkit get run {}", run.name),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_task_and_the_number_of_its_call() {
        assert_eq!(split_label("t1"), ("t1", 1));
        assert_eq!(split_label("t1[12]"), ("t1", 12));
        assert_eq!(split_label("t1[x]"), ("t1[x]", 1));
    }
}
