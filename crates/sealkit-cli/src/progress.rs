//! The progress of a run on standard error.

mod terminal_modes;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{self, Write},
    iter,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Instant,
};

use anstream::{AutoStream, ColorChoice, adapter::strip_bytes};
use clap::builder::styling::{AnsiColor, Style};
use sealkit_engine::{Code, Event, call_label};
use sealkit_program::Task;

use self::terminal_modes::TerminalModes;
use crate::{terminal, time::display_duration};

const NAME: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();

/// Prints the events of a run, one line each, and the output of its tasks.
pub(crate) struct Progress {
    state: Mutex<State>,
    /// Whether lines begin with a symbol, as on a terminal.
    symbols: bool,
    started: Instant,
}

#[derive(Default)]
struct State {
    pods: BTreeMap<u64, Pod>,
    /// The pod whose last line is incomplete.
    open_line: Option<u64>,
    succeeded: usize,
    /// Those of the succeeded tasks that did not run.
    cached: usize,
    failed: usize,
    /// Those that ended because the run, or their caller, no longer needed them.
    aborted: usize,
    /// The tasks that cannot be cached.
    uncached: BTreeSet<String>,
    /// The secrets that ordinary output may contain, until they are redacted for the first time.
    doubtful: Vec<String>,
    /// Those of which the command warns when the line has ended.
    redacted: Vec<String>,
}

/// How a pod appears.
#[derive(Clone)]
struct Pod {
    /// The nesting depth of the call.
    depth: usize,
    /// The name of the task; the second call of a task is `task[2]`.
    label: String,
    /// What it has changed of the terminal.
    modes: TerminalModes,
}

impl Progress {
    /// Warns when one of the secrets in `doubtful`, which ordinary output may contain, is redacted for the first time.
    pub(crate) fn new(symbols: bool, doubtful: Vec<String>) -> Self {
        let state = State { doubtful, ..State::default() };
        Self { state: Mutex::new(state), symbols, started: Instant::now() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn observe(&self, event: &Event<'_>) {
        let mut state = self.state();
        match event {
            Event::Started { pod, caller, task, call, attempt, .. } => {
                let depth = state.depth_under(*caller);
                let label = call_label(&task.name, *call);
                let attempt =
                    if *attempt > 0 { format!(" (attempt {})", attempt + 1) } else { String::new() };
                let symbol = self.symbol("▶", DIM);
                let line =
                    format!("{symbol}{NAME}{label}{NAME:#} started{DIM}{}{DIM:#}{attempt}", secrets(task));
                state.pods.insert(*pod, Pod { depth, label, modes: TerminalModes::default() });
                state.line(depth, &line);
            }
            Event::Cached { caller, task, call, .. } => {
                let depth = state.depth_under(*caller);
                let (symbol, label) = (self.symbol("✔", GOOD), call_label(&task.name, *call));
                state.succeeded += 1;
                state.cached += 1;
                state.line(depth, &format!("{symbol}{NAME}{label}{NAME:#} succeeded {DIM}(cached){DIM:#}"));
            }
            Event::Waiting { caller, task } => {
                let depth = state.depth_under(*caller);
                let line = format!("{NAME}{}{NAME:#} waits until an equal call has ended", task.name);
                state.line(depth, &line);
            }
            // Once for each task.
            Event::NotCached { task, reason, hint } if state.uncached.insert(task.name.clone()) => {
                state.end_line(None);
                terminal::warning(&format!("task `{}` is not cached: {reason}", task.name));
                if let Some(hint) = hint {
                    terminal::hint(hint);
                }
            }
            Event::Output { pod, bytes } => state.output(*pod, bytes),
            Event::Stopped { pod, signal, group } => {
                let Some(Pod { depth, label, .. }) = state.pods.get(pod).cloned() else { return };
                state.line(
                    depth,
                    &format!(
                        "{NAME}{label}{NAME:#} is stopped by {signal}: continue it with `kill -CONT -{group}`"
                    ),
                );
            }
            Event::Killed { pod, grace_period } => {
                let Some(Pod { depth, label, .. }) = state.pods.get(pod).cloned() else { return };
                state.line(
                    depth,
                    &format!(
                        "{NAME}{label}{NAME:#} did not end within {grace_period:?} of SIGTERM and was killed"
                    ),
                );
            }
            Event::Finished { pod, outcome, duration, retry, .. } => {
                let Some(Pod { depth, label, modes }) = state.pods.remove(pod) else { return };
                state.end_line(Some(*pod));
                if self.symbols {
                    // Only a terminal has modes.
                    let _ = io::stderr().lock().write_all(modes.undo().as_bytes());
                }
                let time = display_duration(*duration);
                let line = match outcome {
                    Ok(_) => {
                        state.succeeded += 1;
                        let symbol = self.symbol("✔", GOOD);
                        format!("{symbol}{NAME}{label}{NAME:#} succeeded in {time}")
                    }
                    Err(problem) if problem.code() == Code::Cancelled => {
                        state.aborted += 1;
                        format!("{}{NAME}{label}{NAME:#} aborted after {time}", self.symbol("✘", DIM))
                    }
                    Err(problem) => {
                        state.failed += usize::from(retry.is_none());
                        let symbol = self.symbol("✘", BAD);
                        // The command prints the whole error of the outermost task at the end.
                        let is_shown = depth > 0 || retry.is_some();
                        let texts = iter::once(&problem.message).chain(&problem.causes);
                        let lines = texts.filter(|_| is_shown).filter_map(|text| text.lines().next());
                        let reason = lines.fold(String::new(), |reason, line| reason + ": " + line);
                        let retry = retry.as_ref().map(|retry| {
                            let (delay, attempt) = (display_duration(retry.delay), retry.attempt);
                            format!(", retrying in {delay} (attempt {attempt} of {})", retry.attempts)
                        });
                        let retry = retry.unwrap_or_default();
                        format!("{symbol}{NAME}{label}{NAME:#} failed in {time}{retry}{reason}")
                    }
                };
                state.line(depth, &line);
            }
            _ => {}
        }
    }

    fn symbol(&self, symbol: &str, style: Style) -> String {
        if self.symbols { format!("{style}{symbol}{style:#} ") } else { String::new() }
    }

    /// Prints the summary.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        state.end_line(None);
        let cached = if state.cached > 0 { format!(" ({} cached)", state.cached) } else { String::new() };
        let phases = [
            (state.succeeded, format!("succeeded{cached}")),
            (state.failed, "failed".to_owned()),
            (state.aborted, "aborted".to_owned()),
        ];
        let mut phases = phases.into_iter().filter(|(count, _)| *count > 0);
        let Some((count, phase)) = phases.next() else { return };
        let mut text = format!("{count} {} {phase}", if count == 1 { "task" } else { "tasks" });
        for (count, phase) in phases {
            let _ = write!(text, ", {count} {phase}");
        }
        let time = display_duration(self.started.elapsed());
        state.line(0, &format!("{text} in {time}"));
    }
}

impl State {
    /// Returns the depth of what the task of `caller` calls.
    fn depth_under(&self, caller: Option<u64>) -> usize {
        caller.and_then(|caller| self.pods.get(&caller)).map_or(0, |pod| pod.depth + 1)
    }

    fn line(&mut self, depth: usize, line: &str) {
        self.end_line(None);
        write(format!("{:1$}{line}\n", "", 2 * depth).as_bytes());
    }

    /// Ends the incomplete line if it belongs to `pod`, or to any pod if that is `None`.
    fn end_line(&mut self, pod: Option<u64>) {
        if self.open_line.is_some() && (pod.is_none() || self.open_line == pod) {
            self.open_line = None;
            write(b"\n");
        }
        self.warn_of_redacted();
    }

    fn warn_of_redacted(&mut self) {
        if self.open_line.is_none() {
            for name in self.redacted.drain(..) {
                terminal::warning(&format!(
                    "secret `{name}` has a value that ordinary text contains, and was redacted where a task printed it"
                ));
                terminal::hint("if it is no secret, request it with guard = \"off\"");
            }
        }
    }

    /// Prints the output of a pod byte for byte, with the name of its task before each line.
    fn output(&mut self, pod: u64, bytes: &[u8]) {
        if self.open_line.is_some_and(|open| open != pod) {
            self.end_line(None);
        }
        let (dim, reset) = if has_colours() {
            (DIM.render().to_string(), DIM.render_reset().to_string())
        } else {
            Default::default()
        };
        if let Some(pod) = self.pods.get_mut(&pod) {
            pod.modes.read(bytes);
        }
        let label = self.pods.get(&pod).map(|pod| &*pod.label).unwrap_or_default();
        let mut prefixed = Vec::with_capacity(bytes.len() + 64);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.open_line.is_none() {
                prefixed.extend_from_slice(format!("{dim}{label} |{reset} ").as_bytes());
            }
            prefixed.extend_from_slice(line);
            self.open_line = (!line.ends_with(b"\n")).then_some(pod);
        }
        let _ = io::stderr().lock().write_all(&prefixed);
        if !self.doubtful.is_empty() {
            let text = String::from_utf8_lossy(bytes);
            let is_redacted = |name: &mut String| text.contains(&format!("[REDACTED:{name}]"));
            self.redacted.extend(self.doubtful.extract_if(.., is_redacted));
            self.warn_of_redacted();
        }
    }
}

/// Returns whether standard error shows colours.
fn has_colours() -> bool {
    static HAS_COLOURS: OnceLock<bool> = OnceLock::new();
    *HAS_COLOURS.get_or_init(|| AutoStream::choice(&io::stderr()) != ColorChoice::Never)
}

/// Writes a line at once, so that nothing else comes between its parts.
fn write(line: &[u8]) {
    let line = if has_colours() { Cow::Borrowed(line) } else { Cow::Owned(strip_bytes(line).into_vec()) };
    // The reader may have closed the pipe.
    let _ = io::stderr().lock().write_all(&line);
}

fn secrets(task: &Task) -> String {
    let names: Vec<String> =
        task.secret_requests.iter().map(|request| request.request().to_string()).collect();
    if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) }
}
