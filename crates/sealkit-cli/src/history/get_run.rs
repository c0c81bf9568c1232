//! `get run` for runs on this machine: list them, or show the tasks of one.

use std::{borrow::Cow, fmt::Write as _, iter};

use sealkit_remote::sanitize;
use serde::Serialize;
use serde_json::{Map, Value};

use super::past_run::{Attempt, Call, PastRun, duration, read, read_all};
use super::record::time;
use crate::{
    arguments::{GetRun, OutputArgument},
    error::CommandError,
    listing::{self, Row},
    table, terminal,
    time::{display_duration, display_time},
};

const TITLES: [&str; 6] = ["TASK", "PHASE", "STARTED", "DURATION", "ATTEMPTS", "SECRETS"];

pub(crate) fn get_run(args: &GetRun) -> Result<(), CommandError> {
    if let Some(name) = &args.run {
        return print(&read(name)?, args.output);
    }
    let rows: Vec<RunRow> = read_all().into_iter().take(args.limit.get()).map(RunRow).collect();
    listing::print(&rows, args.output, "No runs found on this machine", "start one: sealkit run TARGET TASK")
}

/// A run in a list.
struct RunRow(PastRun);

impl Serialize for RunRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JsonRun::new(&self.0).serialize(serializer)
    }
}

impl Row for RunRow {
    const TITLES: &'static [&'static str] = &["NAME", "TASK", "PHASE", "STARTED", "DURATION"];

    fn name(&self) -> String {
        sanitize(&self.0.name)
    }

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let run = &self.0;
        let duration = duration(run.started, run.ended).map(display_duration);
        vec![
            sanitize(&run.name).into(),
            sanitize(&run.task).into(),
            run.phase.as_str().into(),
            display_time(time(run.started)).into(),
            duration.unwrap_or_default().into(),
        ]
    }
}

fn print(run: &PastRun, output: OutputArgument) -> Result<(), CommandError> {
    match output {
        OutputArgument::Table => terminal::print(&text(run)),
        OutputArgument::Name => {
            terminal::print(&run.calls.iter().map(|call| sanitize(&call.label()) + "\n").collect::<String>())
        }
        OutputArgument::Json => terminal::print_json(&JsonReport {
            run: JsonRun::new(run),
            log: run.log.to_string_lossy(),
            actions: run.calls.iter().map(|call| JsonAction::new(run, call)).collect(),
        }),
    }
}

/// Returns the table of the tasks, and below it what does not fit into a table.
fn text(run: &PastRun) -> String {
    let rows: Vec<Vec<Cow<'_, str>>> = run.calls.iter().map(cells).collect();
    let mut text = table::columns(&TITLES, &rows, terminal::width());
    text.extend(run.calls.iter().map(section));
    let _ = write!(text, "\nprogram: {}\n", sanitize(&run.program));
    // Tasks that print nothing leave none.
    if run.log.exists() {
        let _ = writeln!(text, "log:     {}", run.log.display());
    }
    let end = run.exit_code.map_or_else(|| run.phase.as_str().to_owned(), |code| format!("exit code {code}"));
    let _ = writeln!(text, "end:     {end}");
    text
}

fn cells(call: &Call) -> Vec<Cow<'_, str>> {
    let (first, last) = (call.attempts.first(), call.attempts.last());
    let started = first.map(|attempt| attempt.started);
    let ended = last.and_then(|attempt| attempt.ended);
    vec![
        format!("{}{}", "  ".repeat(call.depth), sanitize(&call.label())).into(),
        call.phase_text().into(),
        started.map(|started| display_time(time(started))).unwrap_or_default().into(),
        started.and_then(|started| duration(started, ended)).map(display_duration).unwrap_or_default().into(),
        call.attempts.len().to_string().into(),
        call.secrets.iter().map(|secret| sanitize(secret)).collect::<Vec<_>>().join(", ").into(),
    ]
}

/// Returns the inputs, outputs and errors of a call, or an empty text without any.
fn section(call: &Call) -> String {
    let mut lines = String::new();
    for (title, values) in [("inputs", Some(&call.inputs)), ("outputs", call.outputs.as_ref())] {
        for (at, (name, value)) in values.into_iter().flatten().enumerate() {
            let title = if at == 0 { format!("{title}:") } else { String::new() };
            let _ = writeln!(lines, "  {title:8} {} = {}", sanitize(name), sanitize(&value.to_string()));
        }
    }
    let failed = call.attempts.split_last().map(|(_, earlier)| earlier).unwrap_or_default();
    for (number, Attempt { error, .. }) in (1..).zip(failed) {
        let error = error.as_ref().and_then(|error| error.message.lines().next());
        lines.extend(error.map(|error| format!("  attempt {number}: {}\n", sanitize(error))));
    }
    let error = call.attempts.last().and_then(|attempt| attempt.error.as_ref());
    let titles = iter::once("error:").chain(iter::repeat(""));
    let errors = error.into_iter().flat_map(|error| error.message.lines());
    lines.extend(titles.zip(errors).map(|(title, line)| format!("  {title:8} {}\n", sanitize(line))));
    if lines.is_empty() { lines } else { format!("\n{}\n{lines}", sanitize(&call.label())) }
}

/// A run as JSON, with the members of a run on a cluster.
#[derive(Serialize)]
struct JsonRun<'a> {
    name: &'a str,
    task: &'a str,
    program: &'a str,
    phase: &'static str,
    started: String,
    ended: Option<String>,
    duration_seconds: Option<f64>,
    exit_code: Option<u8>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    #[serde(flatten)]
    run: JsonRun<'a>,
    log: Cow<'a, str>,
    actions: Vec<JsonAction<'a>>,
}

#[derive(Serialize)]
struct JsonAction<'a> {
    name: String,
    parent: Option<String>,
    task: &'a str,
    call: u32,
    phase: &'static str,
    started: Option<String>,
    ended: Option<String>,
    duration_seconds: Option<f64>,
    secrets: &'a [String],
    inputs: &'a Map<String, Value>,
    outputs: Option<&'a Map<String, Value>>,
    error: Option<&'a str>,
    attempts: Vec<JsonAttempt<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cached: bool,
}

#[derive(Serialize)]
struct JsonAttempt<'a> {
    number: u32,
    phase: &'static str,
    started: String,
    ended: Option<String>,
    error: Option<&'a str>,
}

impl<'a> JsonRun<'a> {
    fn new(run: &'a PastRun) -> Self {
        Self {
            name: &run.name,
            task: &run.task,
            program: &run.program,
            phase: run.phase.as_str(),
            started: display_time(time(run.started)),
            ended: run.ended.map(|ended| display_time(time(ended))),
            duration_seconds: duration(run.started, run.ended).map(|duration| duration.as_secs_f64()),
            exit_code: run.exit_code,
            error: run.error.as_deref(),
        }
    }
}

impl<'a> JsonAction<'a> {
    fn new(run: &PastRun, call: &'a Call) -> Self {
        let (first, last) = (call.attempts.first(), call.attempts.last());
        let started = first.map(|attempt| attempt.started);
        let ended = last.and_then(|attempt| attempt.ended);
        let parent = run.calls.iter().find(|other| call.caller.is_some_and(|pod| other.pods.contains(&pod)));
        Self {
            name: call.action(),
            parent: parent.map(Call::action),
            task: &call.task,
            call: call.number,
            phase: call.phase().as_str(),
            started: started.map(|started| display_time(time(started))),
            ended: ended.map(|ended| display_time(time(ended))),
            duration_seconds: started
                .and_then(|started| duration(started, ended))
                .map(|duration| duration.as_secs_f64()),
            secrets: &call.secrets,
            inputs: &call.inputs,
            outputs: call.outputs.as_ref(),
            error: last.and_then(|attempt| attempt.error.as_ref()).map(|error| error.message.as_str()),
            attempts: (1..).zip(&call.attempts).map(JsonAttempt::from).collect(),
            cached: call.cached,
        }
    }
}

impl<'a> From<(u32, &'a Attempt)> for JsonAttempt<'a> {
    fn from((number, attempt): (u32, &'a Attempt)) -> Self {
        Self {
            number,
            phase: attempt.phase.as_str(),
            started: display_time(time(attempt.started)),
            ended: attempt.ended.map(|ended| display_time(time(ended))),
            error: attempt.error.as_ref().map(|error| error.message.as_str()),
        }
    }
}
