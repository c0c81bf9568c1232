//! `run --report`: a page with what a run did. It needs no other file, and has nothing that the history does not have.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use serde_json::{Map, Value};

use super::past_run::{self, Attempt, Call, PastRun, Phase, duration};
use super::record::time;
use crate::{
    error::CommandError,
    page::{escape, page},
    time::{display_duration, display_time},
};

const STYLE: &str = "table{width:100%}pre{background:#f1f5f9;padding:.75rem;overflow-x:auto}\
.bars{position:relative;min-width:20rem;height:1.2rem;background:#f8fafc}\
.bar{position:absolute;top:.1rem;height:1rem;min-width:3px;border-radius:2px;background:#94a3b8}\
.succeeded{background:#16a34a}.failed{background:#dc2626}.cached{background:#38bdf8}\
dl{margin:0}dt{font-weight:600}dd{margin:0 0 .25rem 1rem;overflow-wrap:anywhere}";

/// The most of a log that a page has, in bytes. The end is more telling than the beginning.
const MAX_LOG: usize = 4 << 20;

/// Writes the page of the run `name` to `path`.
pub(crate) fn write(name: &str, path: &Path) -> Result<(), CommandError> {
    let run = past_run::read(name)?;
    let log = fs::read(&run.log).unwrap_or_default();
    let is_new = is_new(path);
    fs::write(path, page_of(&run, &log)).map_err(|error| {
        if is_new {
            // A part of a page is of no use.
            let _ = fs::remove_file(path);
        }
        cannot_write(path, &error)
    })
}

/// Checks that a page can be written. A file that did not exist is removed again: the run may be killed.
pub(crate) fn check(path: &Path) -> Result<(), CommandError> {
    let is_new = is_new(path);
    let created = OpenOptions::new().append(true).create(true).open(path);
    let removed = created.and_then(|_| if is_new { fs::remove_file(path) } else { Ok(()) });
    removed.map_err(|error| cannot_write(path, &error))
}

/// Returns whether nothing has this path. A link to a file that does not exist stays.
fn is_new(path: &Path) -> bool {
    path.symlink_metadata().is_err()
}

/// The error for a run that could not be recorded.
pub(crate) fn not_recorded(path: &Path) -> CommandError {
    let reason = io::Error::other("the run could not be recorded");
    cannot_write(path, &reason).with_hint("see the warning above; the run itself has finished")
}

fn cannot_write(path: &Path, error: &io::Error) -> CommandError {
    let reason = sealkit_names::io_reason(error);
    CommandError::failure(format!("cannot write the report to `{}`: {reason}", path.display()))
}

fn page_of(run: &PastRun, log: &[u8]) -> String {
    let ended = run.ended.unwrap_or(run.started);
    let took = duration(run.started, run.ended).map(display_duration).unwrap_or_default();
    let program = escape(&run.program);
    let (phase, started) = (run.phase.as_str(), display_time(time(run.started)));
    let rows: String = run.calls.iter().map(|call| row(call, run.started, ended)).collect();
    let details: String = run.calls.iter().map(details).collect();
    let error =
        run.error.as_deref().map(|error| format!("<pre>{}</pre>\n", shown(error))).unwrap_or_default();
    let body = format!(
        "<p>{phase} in {took}, started at {started}, <code>{program}</code></p>\n{error}<table>\n<thead><tr><th>Task</th>\
         <th>Attempts</th><th>Phase</th><th>Duration</th><th>Secrets</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
         <h2>Inputs, outputs and errors</h2>\n{details}<h2>Log</h2>\n{}",
        log_text(log)
    );
    page(&format!("{} of {}", run.task, run.name), STYLE, &body)
}

/// Returns the row of a call, with a bar for each attempt.
fn row(call: &Call, from: u64, to: u64) -> String {
    let mut bars = String::new();
    for (number, attempt) in (1..).zip(&call.attempts) {
        let class = if call.cached { "cached" } else { class_of(attempt) };
        let ended = attempt.ended.unwrap_or(to);
        let (left, width) =
            (share(attempt.started, from, to), share(ended, from, to) - share(attempt.started, from, to));
        let took = duration(attempt.started, attempt.ended).map(display_duration).unwrap_or_default();
        let _ = write!(
            bars,
            "<span class=\"bar {class}\" style=\"left:{left:.2}%;width:{width:.2}%\" title=\"attempt {number}: {}, {took}\"></span>",
            attempt.phase.as_str()
        );
    }
    let first = call.attempts.first().map(|attempt| attempt.started).unwrap_or_default();
    let took = duration(first, call.attempts.last().and_then(|attempt| attempt.ended));
    let phase = call.phase_text();
    let secrets: Vec<String> =
        call.secrets.iter().map(|secret| format!("<code>{}</code>", escape(secret))).collect();
    format!(
        "<tr><td style=\"padding-left:{}.75rem\"><code>{}</code></td><td><div class=\"bars\">{bars}</div></td><td>{phase}</td>\
         <td>{}</td><td>{}</td></tr>\n",
        call.depth * 2,
        escape(&call.label()),
        took.map(display_duration).unwrap_or_default(),
        secrets.join(", ")
    )
}

const fn class_of(attempt: &Attempt) -> &'static str {
    match attempt.phase {
        Phase::Succeeded => "succeeded",
        Phase::Failed => "failed",
        _ => "other",
    }
}

/// Returns how much of the time of the run had passed, in percent.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of a run fit into an f64")]
fn share(at: u64, from: u64, to: u64) -> f64 {
    let whole = to.saturating_sub(from).max(1) as f64;
    (at.saturating_sub(from) as f64 / whole * 100.0).min(100.0)
}

fn details(call: &Call) -> String {
    let mut text = format!("<details><summary><code>{}</code></summary>\n<dl>\n", escape(&call.label()));
    for (title, values) in [("inputs", Some(&call.inputs)), ("outputs", call.outputs.as_ref())] {
        text.push_str(&values_text(title, values));
    }
    for (number, attempt) in (1..).zip(&call.attempts) {
        let Some(error) = &attempt.error else { continue };
        let hint = error.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        let message = shown(&format!("{}{hint}", error.message));
        let _ = writeln!(text, "<dt>error of attempt {number}</dt><dd><pre>{message}</pre></dd>");
    }
    text + "</dl>\n</details>\n"
}

fn values_text(title: &str, values: Option<&Map<String, Value>>) -> String {
    let entries = values.into_iter().flatten();
    let lines: Vec<String> = entries
        .map(|(name, value)| format!("<code>{} = {}</code>", escape(name), escape(&value.to_string())))
        .collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!("<dt>{title}</dt><dd>{}</dd>\n", lines.join("<br>"))
    }
}

fn log_text(log: &[u8]) -> String {
    if log.is_empty() {
        return "<p>The tasks printed nothing.</p>\n".to_owned();
    }
    let (cut, rest) = log.split_at(log.len().saturating_sub(MAX_LOG));
    let note = if cut.is_empty() { "" } else { "<p>Only the end is shown.</p>\n" };
    format!("{note}<pre>{}</pre>\n", shown(&String::from_utf8_lossy(rest)))
}

/// Returns what a terminal shows of a text, without colours, as HTML.
fn shown(text: &str) -> String {
    escape(&anstream::adapter::strip_str(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_no_colors_of_a_terminal() {
        assert_eq!(shown("\x1b[31mred\x1b[0m <b>"), "red &lt;b&gt;");
    }
}
