//! `sealkit describe`: prints the metadata of tasks, or the sources of their secrets.

use std::fmt::Write as _;

use sealkit_engine::{SecretRequest, Task};
use sealkit_store::{Scope, Store};

use crate::{
    arguments::{Describe, DescribeOutput},
    error::CommandError,
    run, secret, terminal,
};

pub(crate) fn describe(args: &Describe) -> Result<(), CommandError> {
    let scope = Scope::new(args.domain.as_deref(), args.project.as_deref())?;
    let program = run::open(&args.target)?;
    let task = args.task.as_ref().map(|name| program.task(name)).transpose()?;
    if !args.check && args.output == DescribeOutput::Table {
        return terminal::print(&program.description(task)?);
    }
    let is_selected = |task: &Task| args.task.as_ref().is_none_or(|name| *name == task.name);
    let tasks: Vec<&Task> = program.tasks().iter().filter(|task| is_selected(task)).collect();
    let store = if args.check { Store::open(&secret::store_paths()?)? } else { None };

    let (mut text, mut missing) = (String::new(), Vec::new());
    for task in &tasks {
        let _ = writeln!(text, "{} ({})", task.name, run::kind(task));
        for request in &task.secret_requests {
            let names = request.request();
            let _ = write!(text, "  secret  {names} as {}", names.mount);
            if let Some(name) = names.env_var {
                let _ = write!(text, ", in ${name}");
            }
            if args.check {
                let source = source(store.as_ref(), &scope, request)?;
                let _ = write!(text, ": {}", source.as_deref().unwrap_or("missing"));
                let command = run::create_command(request, &scope);
                if source.is_none() && !missing.contains(&command) {
                    missing.push(command);
                }
            }
            text.push('\n');
        }
    }
    if args.output == DescribeOutput::Json {
        let metadata = program.tasks().iter().zip(program.metadata());
        let selected: Vec<_> =
            metadata.filter(|(task, _)| is_selected(task)).map(|(_, metadata)| metadata).collect();
        text = serde_json::to_string_pretty(&selected)
            .map_err(|error| CommandError::failure(error.to_string()))?;
        text.push('\n');
    }
    terminal::print(&text)?;
    if missing.is_empty() {
        return Ok(());
    }
    let (message, pronoun) = match missing.len() {
        1 => ("1 secret is missing".to_owned(), "it"),
        count => (format!("{count} secrets are missing"), "them"),
    };
    Err(CommandError::failure(message).with_hint(format!("create {pronoun}: {}", missing.join("; "))))
}

/// Returns where a secret comes from; `None` if it is missing.
fn source(
    store: Option<&Store>,
    scope: &Scope,
    request: &SecretRequest,
) -> Result<Option<String>, CommandError> {
    let Some(store) = store else { return Ok(None) };
    let found = store.find(scope, request.group.as_deref(), &request.key)?;
    Ok(found.map(|stored| format!("from the store, {} (version {})", stored.entry.id, stored.entry.version)))
}
