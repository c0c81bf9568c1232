//! `sealkit describe`: prints the metadata of tasks, or the sources of their secrets.

use std::fmt::Write as _;

use sealkit_program::{SecretRequest, Task};
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
    let is_selected = |of: &Task| task.is_none_or(|task| task.name == of.name);
    let tasks: Vec<&Task> = program.tasks().iter().filter(|task| is_selected(task)).collect();
    let (sources, missing) = if args.check { sources(&tasks, &scope)? } else { Default::default() };
    terminal::print(&match args.output {
        DescribeOutput::Json => {
            serde_json::to_string_pretty(&tasks).map_err(|error| CommandError::failure(error.to_string()))?
                + "\n"
        }
        DescribeOutput::Table if args.check => sources,
        DescribeOutput::Table => program.description(task)?,
    })?;
    let (message, pronoun) = match missing.len() {
        0 => return Ok(()),
        1 => ("1 secret is missing".to_owned(), "it"),
        count => (format!("{count} secrets are missing"), "them"),
    };
    Err(CommandError::failure(message).with_hint(format!("create {pronoun}: {}", missing.join("; "))))
}

/// Returns the sources of the secrets of tasks, and the commands that create the missing ones, each once.
fn sources(tasks: &[&Task], scope: &Scope) -> Result<(String, Vec<String>), CommandError> {
    let store = Store::open(&secret::store_paths()?)?;
    let (mut text, mut missing) = (String::new(), Vec::new());
    for task in tasks {
        let _ = writeln!(text, "{} ({})", task.name, task.kind.as_str());
        for request in &task.secret_requests {
            let names = request.request();
            let env_var = names.env_var.map(|name| format!(", in ${name}")).unwrap_or_default();
            let source = source(store.as_ref(), scope, request)?;
            let command = run::create_command(request, scope);
            if source.is_none() && !missing.contains(&command) {
                missing.push(command);
            }
            let source = source.as_deref().unwrap_or("missing");
            let _ = writeln!(text, "  secret  {names} as {}{env_var}: {source}", names.mount);
        }
    }
    Ok((text, missing))
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
