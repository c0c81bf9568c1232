//! What is seen of a run while it lasts.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};
use sealkit_engine::{Event, Task};

const NAME: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();

/// Tells what happens, line by line, on standard error.
pub(crate) struct Progress {
    state: Mutex<State>,
    /// Whether somebody watches: then a line is marked as what it is.
    watched: bool,
    started: Instant,
}

#[derive(Default)]
struct State {
    /// How deep below the first one a pod is.
    depths: BTreeMap<u64, usize>,
    /// The pod that has begun a line and not ended it.
    open: Option<u64>,
    succeeded: usize,
    failed: usize,
}

impl Progress {
    pub(crate) fn new(watched: bool) -> Self {
        Self { state: Mutex::default(), watched, started: Instant::now() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show(&self, event: &Event<'_>) {
        let mut state = self.state();
        match event {
            Event::Started { pod, caller, task, attempt } => {
                let depth = caller.map_or(0, |caller| state.depths.get(&caller).map_or(0, |depth| depth + 1));
                state.depths.insert(*pod, depth);
                let again = if *attempt > 0 { format!(", try {}", attempt + 1) } else { String::new() };
                let mark = self.mark("▶", DIM);
                let line =
                    format!("{mark}{NAME}{}{NAME:#} started{again}{DIM}{}{DIM:#}", task.name, secrets(task));
                state.line(depth, &line);
            }
            Event::Printed { pod, task, text } => state.print(*pod, task, text),
            Event::Ended { pod, task, failed, time, again } => {
                let depth = state.depths.get(pod).copied().unwrap_or_default();
                state.end_line(Some(*pod));
                let time = shown(*time);
                let line = match (failed, again) {
                    (None, _) => {
                        state.succeeded += 1;
                        let mark = self.mark("✔", GOOD);
                        format!("{mark}{NAME}{}{NAME:#} succeeded in {time}", task.name)
                    }
                    (Some(failed), again) => {
                        state.failed += usize::from(!again);
                        let mark = self.mark("✘", BAD);
                        // The error of the first one is told at the end, all of it.
                        let why = failed.message.lines().next().filter(|_| depth > 0 || *again);
                        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                        let again = if *again { ", and is tried again" } else { "" };
                        format!("{mark}{NAME}{}{NAME:#} failed in {time}{again}{why}", task.name)
                    }
                };
                state.line(depth, &line);
            }
            _ => {}
        }
    }

    fn mark(&self, mark: &str, style: Style) -> String {
        if self.watched { format!("{style}{mark}{style:#} ") } else { String::new() }
    }

    /// The last line.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.end_line(None);
        let tasks = |count: usize| format!("{count} {}", if count == 1 { "task" } else { "tasks" });
        let time = shown(self.started.elapsed());
        let line = match (state.succeeded, state.failed) {
            (good, 0) => format!("{} succeeded in {time}", tasks(good)),
            (0, bad) => format!("{} failed in {time}", tasks(bad)),
            (good, bad) => format!("{} succeeded and {bad} failed in {time}", tasks(good)),
        };
        state.line(0, &line);
    }
}

impl State {
    fn line(&mut self, depth: usize, line: &str) {
        self.end_line(None);
        write(format!("{:1$}{line}\n", "", 2 * depth).as_bytes());
    }

    /// Ends the line that a pod has begun: the one of `pod`, or any.
    fn end_line(&mut self, pod: Option<u64>) {
        if self.open.is_some() && (pod.is_none() || self.open == pod) {
            self.open = None;
            write(b"\n");
        }
    }

    /// Shows what a pod prints byte for byte, each line with the name of its task before it.
    fn print(&mut self, pod: u64, task: &str, text: &[u8]) {
        if self.open.is_some_and(|open| open != pod) {
            self.end_line(None);
        }
        let (dim, end) = if colours() {
            (DIM.render().to_string(), DIM.render_reset().to_string())
        } else {
            Default::default()
        };
        let mut shown = Vec::with_capacity(text.len() + 64);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if self.open.is_none() {
                shown.extend_from_slice(format!("{dim}{task} |{end} ").as_bytes());
            }
            shown.extend_from_slice(line);
            self.open = (!line.ends_with(b"\n")).then_some(pod);
        }
        let _ = io::stderr().lock().write_all(&shown);
    }
}

/// Whether colours are understood where errors go.
fn colours() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

fn write(bytes: &[u8]) {
    let mut to = AutoStream::auto(io::stderr());
    // Whoever reads it may stop reading.
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}

fn secrets(task: &Task) -> String {
    let names: Vec<String> =
        task.secret_requests.iter().map(|request| request.request().to_string()).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) }
}

/// A length of time, as exact as people want it.
pub(crate) fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds if seconds < 60.0 => format!("{seconds:.1} s"),
        seconds => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
    }
}
