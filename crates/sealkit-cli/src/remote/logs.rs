//! `logs`: print the logs of a run.

use std::cell::{Cell, RefCell};

use sealkit_names::nearest;
use sealkit_remote::{ActionEvent, Event, LoggedActions, LoggedLine, RunAction, RunId, sanitize};
use serde::Serialize;
use tokio::sync::Notify;

use super::{Cluster, warnings};
use crate::{
    arguments::{Logs, LogsOutput},
    error::CommandError,
    terminal,
    time::display_time,
};

pub(crate) fn logs(args: &Logs) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.scope.cluster)?;
    let run = cluster.run_id(&args.scope, &args.run)?;
    let printer = Printer { args, stopped: Notify::new(), error: RefCell::default() };
    let outcome = cluster.wait(async {
        tokio::select! {
            biased;
            () = printer.stopped.notified() => Ok(()),
            outcome = print(&cluster, &run, &printer) => outcome,
        }
    });
    printer.error.take().map_or(outcome, Err)
}

async fn print(cluster: &Cluster, run: &RunId, printer: &Printer<'_>) -> Result<(), CommandError> {
    if printer.args.follow { follow(cluster, run, printer).await } else { read(cluster, run, printer).await }
}

/// Prints the lines that exist now.
async fn read(cluster: &Cluster, run: &RunId, printer: &Printer<'_>) -> Result<(), CommandError> {
    let is_selected = |action: &RunAction| printer.is_selected(action);
    let on_line = |action: &RunAction, line: &LoggedLine| printer.print(action, line);
    let LoggedActions { all, selected, without_log } =
        cluster.client.read_logs(run, &is_selected, &on_line).await?;
    if selected == 0 {
        return Err(printer.no_task(&all));
    }
    for label in without_log {
        let label = sanitize(&label);
        terminal::note(&format!("`{label}` has no log: its pod has not started, was aborted or was deleted"));
    }
    Ok(())
}

/// Prints lines until the run ends.
async fn follow(cluster: &Cluster, run: &RunId, printer: &Printer<'_>) -> Result<(), CommandError> {
    let (labels, selected) = (RefCell::new(Vec::new()), Cell::new(false));
    let on_event = |event: &Event| match event {
        Event::Action { action, event } => {
            let label = action.label();
            if !labels.borrow().contains(&label) {
                labels.borrow_mut().push(label.clone());
            }
            if !printer.is_selected(action) {
                return;
            }
            selected.set(true);
            match event {
                ActionEvent::Log(line) => printer.print(action, line),
                ActionEvent::LogsUnavailable(error) => warnings::log_unavailable(&label, error),
                _ => {}
            }
        }
        Event::ConnectionLost => warnings::connection_lost(),
        Event::ChildrenUnavailable(error) => warnings::children_unavailable(error),
        _ => {}
    };
    let outcome = cluster.client.follow(run, &on_event).await?;
    if !selected.get() {
        return Err(printer.no_task(&labels.borrow()));
    }
    terminal::status(&format!("run {run} {}", outcome.phase.as_str()));
    Ok(())
}

/// Prints lines to standard output.
struct Printer<'a> {
    args: &'a Logs,
    /// Notified when no more lines can be printed.
    stopped: Notify,
    error: RefCell<Option<CommandError>>,
}

/// A line as JSON.
#[derive(Serialize)]
struct JsonLine<'a> {
    task: &'a str,
    call: u32,
    action: &'a str,
    attempt: u32,
    time: Option<String>,
    line: &'a str,
}

impl Printer<'_> {
    fn is_selected(&self, action: &RunAction) -> bool {
        self.args.task.as_ref().is_none_or(|task| action.is_selected_by(task))
    }

    fn print(&self, action: &RunAction, line: &LoggedLine) {
        let text = match self.args.output {
            LogsOutput::Text => format!("{} | {}", sanitize(&action.label()), sanitize(&line.text)),
            LogsOutput::Raw => sanitize(&line.text),
            LogsOutput::Json => {
                let line = JsonLine {
                    task: &action.task,
                    call: action.call,
                    action: &action.name,
                    attempt: line.attempt,
                    time: line.time.map(display_time),
                    line: &line.text,
                };
                serde_json::to_string(&line).unwrap_or_default()
            }
        };
        match terminal::print_unless_closed(&(text + "\n")) {
            Ok(false) => {}
            Ok(true) => self.stopped.notify_one(),
            Err(error) => {
                self.error.borrow_mut().get_or_insert(error);
                self.stopped.notify_one();
            }
        }
    }

    /// Returns the error of a run without the requested task.
    fn no_task(&self, labels: &[String]) -> CommandError {
        let Logs { run, task, .. } = self.args;
        let task = task.as_deref().unwrap_or_default();
        let labels = || labels.iter().map(String::as_str);
        let hint = match nearest(task, labels()) {
            Some(near) => format!("did you mean `{}`?", sanitize(near)),
            None => format!("list its tasks: sealkit get run {run}"),
        };
        CommandError::failure(format!("no task of run `{run}` is named `{task}`")).with_hint(hint)
    }
}
