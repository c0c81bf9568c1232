//! The report of one run: its actions, their inputs, outputs and errors.

use std::{borrow::Cow, fmt::Write as _, iter};

use sealkit_remote::{ActionReport, AttemptReport, RunId, RunReport, sanitize};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Cluster, cluster_event,
    run_status::{JsonStatus, status_cells},
};
use crate::{arguments::OutputArgument, error::CommandError, table, terminal, time::display_time};

const TITLES: [&str; 6] = ["TASK", "PHASE", "STARTED", "DURATION", "ATTEMPTS", "SECRETS"];

/// Prints the report of a run in the format `output`.
pub(super) fn print(cluster: &Cluster, run: &RunId, output: OutputArgument) -> Result<(), CommandError> {
    let report = cluster.wait(cluster.client.run_report(run))?;
    let url = cluster.client.config().console_url(&run.name, &run.project, &run.domain);
    match output {
        OutputArgument::Table => terminal::print(&text(&report, &url)),
        OutputArgument::Name => {
            let name = |report: &ActionReport| sanitize(&report.action.label()) + "\n";
            terminal::print(&report.actions.iter().map(name).collect::<String>())
        }
        OutputArgument::Json => terminal::print_json(&Json::new(run, &url, &report)),
    }
}

/// Returns the table of the actions, and below it what does not fit into a table.
fn text(report: &RunReport, url: &str) -> String {
    let rows: Vec<Vec<Cow<'_, str>>> = report.actions.iter().map(cells).collect();
    let mut text = table::columns(&TITLES, &rows, terminal::width());
    for action in &report.actions {
        text += &section(action);
    }
    if !report.variables.is_empty() {
        let names: Vec<String> = report.variables.iter().map(|name| sanitize(name)).collect();
        let _ = write!(text, "\nenvironment variables: {}\n", names.join(", "));
    }
    let _ = write!(text, "\n{url}\n");
    text
}

fn cells(report: &ActionReport) -> Vec<Cow<'_, str>> {
    let indent = "  ".repeat(report.action.depth);
    let [phase, started, duration] = status_cells(&report.status);
    let secrets: Vec<String> = report.secrets.iter().map(|secret| sanitize(secret)).collect();
    let attempts = report.attempts.len().max(1).to_string();
    let label = format!("{indent}{}", sanitize(&report.action.label()));
    vec![label.into(), phase, started, duration, attempts.into(), secrets.join(", ").into()]
}

/// Returns the inputs, outputs, events and errors of an action, or an empty text without any.
fn section(report: &ActionReport) -> String {
    let mut lines = String::new();
    for (title, values) in [("inputs", &report.inputs), ("outputs", &report.outputs)] {
        for (at, (name, value)) in values.iter().flatten().enumerate() {
            let title = if at == 0 { format!("{title}:") } else { String::new() };
            let _ = writeln!(lines, "  {title:8} {} = {}", sanitize(name), sanitize(&value.to_string()));
        }
    }
    if !report.status.phase.is_terminal() {
        let events = report.attempts.last().into_iter().flat_map(|attempt| &attempt.events);
        let event = events.rev().find_map(|event| cluster_event::translate(event));
        lines.extend(event.map(|event| format!("  event:   {}\n", sanitize(&event))));
    }
    let failed = report.attempts.split_last().map(|(_, earlier)| earlier).unwrap_or_default();
    for AttemptReport { number, error, .. } in failed {
        let error = error.as_deref().and_then(|error| error.trim().lines().next());
        lines.extend(error.map(|error| format!("  attempt {number}: {}\n", sanitize(error))));
    }
    let errors = report.error.iter().flat_map(|error| error.trim().lines());
    let titles = iter::once("error:").chain(iter::repeat(""));
    lines.extend(titles.zip(errors).map(|(title, line)| format!("  {title:8} {}\n", sanitize(line))));
    if lines.is_empty() { lines } else { format!("\n{}\n{lines}", sanitize(&report.action.label())) }
}

/// A run as JSON.
#[derive(Serialize)]
struct Json<'a> {
    name: &'a str,
    project: &'a str,
    domain: &'a str,
    url: &'a str,
    /// The names of the variables: their values may be secrets.
    environment_variables: &'a [String],
    actions: Vec<JsonAction<'a>>,
}

#[derive(Serialize)]
struct JsonAction<'a> {
    name: &'a str,
    parent: Option<&'a str>,
    task: &'a str,
    call: u32,
    #[serde(flatten)]
    status: JsonStatus,
    secrets: &'a [String],
    inputs: Option<&'a Map<String, Value>>,
    outputs: Option<&'a Map<String, Value>>,
    error: Option<&'a str>,
    attempts: Vec<JsonAttempt<'a>>,
}

#[derive(Serialize)]
struct JsonAttempt<'a> {
    number: u32,
    phase: &'static str,
    started: Option<String>,
    error: Option<&'a str>,
    events: &'a [String],
}

impl<'a> Json<'a> {
    fn new(run: &'a RunId, url: &'a str, report: &'a RunReport) -> Self {
        Self {
            name: &run.name,
            project: &run.project,
            domain: &run.domain,
            url,
            environment_variables: &report.variables,
            actions: report.actions.iter().map(JsonAction::from).collect(),
        }
    }
}

impl<'a> From<&'a ActionReport> for JsonAction<'a> {
    fn from(report: &'a ActionReport) -> Self {
        Self {
            name: &report.action.name,
            parent: Some(report.parent.as_str()).filter(|parent| !parent.is_empty()),
            task: &report.action.task,
            call: report.action.call,
            status: report.status.into(),
            secrets: &report.secrets,
            inputs: report.inputs.as_ref(),
            outputs: report.outputs.as_ref(),
            error: report.error.as_deref(),
            attempts: report.attempts.iter().map(JsonAttempt::from).collect(),
        }
    }
}

impl<'a> From<&'a AttemptReport> for JsonAttempt<'a> {
    fn from(attempt: &'a AttemptReport) -> Self {
        Self {
            number: attempt.number,
            phase: attempt.phase.as_str(),
            started: attempt.started.map(display_time),
            error: attempt.error.as_deref(),
            events: &attempt.events,
        }
    }
}
