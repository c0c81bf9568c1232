//! The help of the program, and the descriptions of its tasks.

use std::fmt::Write as _;

use sealkit_protocol::{Code, Problem, description as model};

use super::ProgramError;
use crate::{AllowedPlace, Cache, Secret, TaskMetadata, Type, Variable};

/// Returns the help of the program, with a list of its tasks.
pub(super) fn help(program: &str, tasks: &[&TaskMetadata]) -> String {
    let mut text = String::new();
    if tasks.is_empty() {
        text.push_str("This program has no tasks: write #[task] above a function.\n\n");
    } else {
        text.push_str("Tasks of this program:\n\n");
        let width = tasks.iter().map(|task| task.name().len()).max().unwrap_or_default();
        for task in tasks {
            let line = format!("  {:width$}  {:8}  {}", task.name(), task.kind().as_str(), summary(task));
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text.push('\n');
    }
    text.push_str("Usage:\n\n");
    if tasks.iter().any(|task| super::is_default(task)) {
        let width = format!("{program} run TASK [--INPUT VALUE ...]").len();
        let _ = writeln!(text, "  {program:width$}   run the workflow `main`");
    }
    let _ = write!(
        text,
        "  \
         {program} run TASK [--INPUT VALUE ...]   run a task in this process and print its output as JSON\n  \
         {program} run TASK --help                print the inputs, output and secrets of a task\n  \
         {program} describe [TASK] [--json]       print the metadata of the tasks\n\n\
         Exit code: 0 success, 1 the task failed, 2 the task could not be started.\n"
    );
    text
}

/// Returns the first paragraph of the documentation, and the secrets.
fn summary(task: &TaskMetadata) -> String {
    let first = sealkit_names::first_paragraph(task.docs());
    let secrets: Vec<String> =
        task.secret_requests().iter().map(|secret| secret.request().to_string()).collect();
    match (first.is_empty(), secrets.is_empty()) {
        (_, true) => first,
        (true, false) => format!("[{}]", secrets.join(", ")),
        (false, false) => format!("{first} [{}]", secrets.join(", ")),
    }
}

/// Returns the help of one task, which `command` runs.
pub(super) fn task_help(task: &TaskMetadata, command: &str) -> String {
    let mut text = String::new();
    if !task.docs().is_empty() {
        let _ = writeln!(text, "{}\n", task.docs());
    }
    let inputs = task.interface().inputs;
    let _ = write!(text, "Usage: {command} {}", task.name());
    for input in inputs {
        let _ = if input.is_optional() {
            write!(text, " [{}]", option(input))
        } else {
            write!(text, " {}", option(input))
        };
    }
    text.push('\n');
    let width = inputs.iter().map(|input| option(input).len()).max().unwrap_or_default();
    let inputs = inputs.iter().map(|input| format!("{:width$}  {}", option(input), input_text(input)));
    let outputs = task.interface().outputs;
    let outputs = outputs.iter().map(|output| match outputs.len() {
        1 => output.r#type.to_string(),
        _ => format!("{}: {}", output.name, output.r#type),
    });
    section(&mut text, "Inputs", inputs);
    section(&mut text, "Output", outputs);
    section(&mut text, "Secrets", task.secret_requests().iter().map(request));
    section(&mut text, "Limits", limits(task));
    text
}

/// Returns the retries and the timeouts of a task.
fn limits(task: &TaskMetadata) -> impl Iterator<Item = String> {
    let retries = (task.retries() > 0).then(|| match task.backoff() {
        Some(backoff) => format!("retries {}, backoff {backoff}", task.retries()),
        None => format!("retries {}", task.retries()),
    });
    let timeouts = [
        ("timeout", task.timeout()),
        ("max_queued_time", task.max_queued_time()),
        ("deadline", task.deadline()),
    ];
    let timeouts = timeouts.into_iter().filter_map(|(name, timeout)| Some((name, timeout?)));
    retries.into_iter().chain(timeouts.map(|(name, timeout)| format!("{name} {}s", timeout.as_secs_f64())))
}

fn cache_text(cache: &Cache) -> String {
    let mut text = match cache.version {
        Some(version) => format!("version {version}"),
        None => "auto".to_owned(),
    };
    if !cache.ignored_inputs.is_empty() {
        let _ = write!(text, ", ignores {}", cache.ignored_inputs.join(", "));
    }
    if let Some(age) = cache.max_age {
        let _ = write!(text, ", at most {}s old", age.as_secs_f64());
    }
    text + if cache.serialize { ", serialized" } else { "" }
}

/// Writes a section of the help, unless it is empty.
fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title}:\n  {}", lines.join("\n  "));
    }
}

/// Returns the type, the default and the documentation of an input.
fn input_text(input: &Variable) -> String {
    let mut text = input.r#type.to_string();
    if let Some(default) = input.default_value() {
        let default = default.ok().and_then(|value| serde_json::to_string(&value).ok());
        let _ = write!(text, ", default {}", default.as_deref().unwrap_or("invalid"));
    }
    let docs = sealkit_names::first_paragraph(input.docs);
    if !docs.is_empty() {
        let _ = write!(text, ": {docs}");
    }
    text
}

/// Returns the option of an input. The value of a boolean input can be left out.
fn option(input: &Variable) -> String {
    let (name, value) = (input.name, input.name.to_uppercase());
    match input.r#type {
        Type::Boolean | Type::Optional(Type::Boolean) => format!("--{name} [{value}]"),
        _ => format!("--{name} {value}"),
    }
}

/// Returns the metadata of tasks as text.
pub(super) fn describe(tasks: &[&TaskMetadata]) -> String {
    let blocks: Vec<String> = tasks.iter().map(|task| block(task)).collect();
    blocks.join("\n")
}

fn block(task: &TaskMetadata) -> String {
    let mut text = format!("{} ({} in {})\n", task.name(), task.kind().as_str(), task.module());
    for line in task.docs().lines() {
        let _ = writeln!(text, "{}", format!("  {}", line.trim_end()).trim_end());
    }
    for input in task.interface().inputs {
        let _ = writeln!(text, "  input   {}: {}", input.name, input_text(input));
    }
    for output in task.interface().outputs {
        let _ = writeln!(text, "  output  {}: {}", output.name, output.r#type);
    }
    for secret in task.secret_requests() {
        let _ = writeln!(text, "  secret  {}", request(secret));
    }
    for limit in limits(task) {
        let _ = writeln!(text, "  {limit}");
    }
    if !task.resources().is_none() {
        let needs =
            task.resources().amounts().map(|(resource, amount)| format!("{} {amount}", resource.as_str()));
        let _ = writeln!(text, "  needs   {}", needs.collect::<Vec<_>>().join(", "));
    }
    for (name, value) in task.env() {
        let _ = writeln!(text, "  env     {name}={value}");
    }
    let environment = task.environment().map(|environment| environment.name());
    let interruptible = task.interruptible().map(|interruptible| if interruptible { "yes" } else { "no" });
    let settings = [
        ("environment", environment),
        ("service account", task.service_account()),
        ("interruptible", interruptible),
        ("deployed as", task.deployed()),
    ];
    for (name, value) in settings.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let _ = writeln!(text, "  {name} {value}");
    }
    for schedule in task.schedules() {
        let _ = writeln!(text, "  schedule {}", model::Schedule::from(*schedule));
    }
    if let Some(cache) = task.cache() {
        let _ = writeln!(text, "  cache   {}", cache_text(&cache));
    }
    if let Some(calls) = task.calls() {
        let _ = writeln!(text, "  calls   {}", calls.map(TaskMetadata::name).collect::<Vec<_>>().join(", "));
    }
    for allowed in task.allowed_secrets() {
        let place = match allowed.place {
            AllowedPlace::Output(place) => format!("output {place}"),
            AllowedPlace::Input(place) => format!("input {place}"),
        };
        let _ = writeln!(text, "  allowed {} in {place}, because {}", allowed.secret, allowed.because);
    }
    text
}

fn request(secret: &Secret) -> String {
    let request = secret.request();
    let mut text = format!("{request} as {}", request.mount);
    if let Some(version) = request.group_version {
        let _ = write!(text, ", group version {version}");
    }
    if let Some(name) = request.env_var {
        let _ = write!(text, ", in ${name}");
    }
    text
}

/// Returns the metadata of tasks as JSON.
pub(super) fn json(tasks: &[&TaskMetadata]) -> Result<String, ProgramError> {
    serde_json::to_string_pretty(tasks).map(|json| json + "\n").map_err(|error| {
        let message = format!("cannot write the tasks as JSON: {error}");
        ProgramError::not_started(Problem::new(Code::Other, message))
    })
}
