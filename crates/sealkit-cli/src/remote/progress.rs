//! The progress of a run on a cluster, on standard error.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    time::Instant,
};

use sealkit_remote::{ActionEvent, ActionPhase, Event, RunAction, RunId, sanitize};

use super::{cluster_event, warnings};
use crate::{terminal, time::display_duration};

/// Prints the events of a run, one line each, and the lines of its tasks.
pub(super) struct Progress {
    run: RunId,
    /// The task that the run was started with.
    task: String,
    started: Instant,
    /// Whether to print the events of the cluster as it reports them.
    is_verbose: bool,
    /// The events of the cluster that were printed: it repeats some of them.
    printed: RefCell<HashSet<String>>,
    /// Whether the user was warned of a queued action: often, many are queued.
    has_warned_of_queue: Cell<bool>,
}

impl Progress {
    pub(super) fn new(run: &RunId, task: &str, is_verbose: bool) -> Self {
        Self {
            run: run.clone(),
            task: task.to_owned(),
            started: Instant::now(),
            is_verbose,
            printed: RefCell::default(),
            has_warned_of_queue: Cell::default(),
        }
    }

    pub(super) fn print(&self, event: &Event) {
        match event {
            Event::Action { action, event } => self.print_action(action, event),
            Event::ConnectionLost => warnings::connection_lost(),
            Event::ChildrenUnavailable(error) => warnings::children_unavailable(error),
            _ => {}
        }
    }

    fn print_action(&self, action: &RunAction, event: &ActionEvent) {
        let label = self.label(action);
        let status = |text: &str| terminal::status(&format!("{:1$}{label} {text}", "", 2 * action.depth));
        match event {
            // The end of the first action is printed after the last line of its children.
            ActionEvent::Phase { phase, .. } if phase.is_terminal() => {}
            ActionEvent::Phase { phase, attempt } => {
                let suffix = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
                status(&format!("{}{suffix}", phase.as_str()));
            }
            ActionEvent::Retry { attempt, reason } => {
                status(&format!("failed in attempt {attempt}, retrying{}", first_line(reason)));
            }
            ActionEvent::Cluster(message) => self.print_cluster_event(&label, message),
            ActionEvent::Log(line) => terminal::log_line(&label, &sanitize(&line.text)),
            ActionEvent::LogsUnavailable(error) => warnings::log_unavailable(&label, error),
            ActionEvent::StillQueued if self.has_warned_of_queue.replace(true) => {}
            ActionEvent::StillQueued => terminal::warning(&format!(
                "`{label}` has been queued for a minute: the cluster may have no resources or workers for it"
            )),
            ActionEvent::KeepsRestarting => {
                let run = &self.run;
                terminal::warning(&format!(
                    "the pod of `{label}` keeps ending, and the cluster starts it again and again"
                ));
                terminal::hint(&format!(
                    "read its log: sealkit logs {run} {}; abort the run: sealkit abort run {run}",
                    sanitize(&action.task)
                ));
            }
            ActionEvent::Ended { phase, duration, reason } => {
                let time = duration.map(|time| format!(" in {}", display_duration(time))).unwrap_or_default();
                let reason = reason.as_deref().map(first_line).unwrap_or_default();
                status(&format!("{}{time}{reason}", phase.as_str()));
            }
            _ => {}
        }
    }

    fn label(&self, action: &RunAction) -> String {
        if action.depth == 0 { self.task.clone() } else { sanitize(&action.label()) }
    }

    fn print_cluster_event(&self, label: &str, message: &str) {
        let text = if self.is_verbose { Some(message.to_owned()) } else { cluster_event::translate(message) };
        let Some(text) = text else { return };
        let line = format!("{label}: {}", sanitize(&text));
        if self.is_verbose || self.printed.borrow_mut().insert(line.clone()) {
            terminal::status(&line);
        }
    }

    pub(super) fn print_end(&self, phase: ActionPhase) {
        let time = display_duration(self.started.elapsed());
        terminal::status(&format!("{} {} in {time}", self.task, phase.as_str()));
    }
}

/// Returns the first line of an error message, after a colon.
fn first_line(message: &str) -> String {
    match message.trim().lines().next() {
        Some(line) => format!(": {}", sanitize(line)),
        None => String::new(),
    }
}
