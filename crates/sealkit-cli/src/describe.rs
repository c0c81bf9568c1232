//! `describe`: what is recorded of tasks, and where their secrets would come from.

use std::fmt::Write as _;

use sealkit_engine::{Kind, SecretRequest, Task};
use sealkit_store::{Scope, Store};

use crate::{
    arguments::{Describe, DescribeOutput},
    fault::Fault,
    run, secret, terminal,
};

pub(crate) fn describe(what: &Describe) -> Result<(), Fault> {
    let scope = Scope::new(what.domain.as_deref(), what.project.as_deref())?;
    let program = run::open(&what.target)?;
    if let Some(name) = &what.task {
        program.task(name)?;
    }
    let wanted = |task: &Task| what.task.as_ref().is_none_or(|name| *name == task.name);
    let tasks: Vec<&Task> = program.tasks().iter().filter(|task| wanted(task)).collect();
    let store = if what.check { Store::open(&secret::place()?)? } else { None };

    let (mut text, mut missing) = (String::new(), Vec::new());
    for task in &tasks {
        let kind = if task.kind == Kind::Workflow { "workflow" } else { "task" };
        let _ = writeln!(text, "{} ({kind})", task.name);
        for request in &task.secret_requests {
            let names = request.request();
            let _ = write!(text, "  secret  {names} as {}", names.mount);
            if let Some(name) = names.env_var {
                let _ = write!(text, ", in ${name}");
            }
            if what.check {
                let place = place(store.as_ref(), &scope, request)?;
                let _ = write!(text, ": {}", place.as_deref().unwrap_or("missing"));
                if place.is_none() {
                    missing.push(run::create(request, &scope));
                }
            }
            text.push('\n');
        }
    }
    if what.output == DescribeOutput::Json {
        let described = program.tasks().iter().zip(program.described());
        let described: Vec<_> =
            described.filter(|(task, _)| wanted(task)).map(|(_, described)| described).collect();
        text = serde_json::to_string_pretty(&described).map_err(|error| Fault::failure(error.to_string()))?;
        text.push('\n');
    }
    terminal::data(&text)?;
    if missing.is_empty() {
        return Ok(());
    }
    missing.dedup();
    let count =
        if missing.len() == 1 { "1 secret is".to_owned() } else { format!("{} secrets are", missing.len()) };
    Err(Fault::failure(format!("{count} missing")).with_hint(format!("create: {}", missing.join("; "))))
}

/// Where a secret would come from.
fn place(store: Option<&Store>, scope: &Scope, request: &SecretRequest) -> Result<Option<String>, Fault> {
    let Some(store) = store else { return Ok(None) };
    let found = store.find(scope, request.group.as_deref(), &request.key)?;
    Ok(found.map(|stored| format!("from the store, {} (version {})", stored.entry.id, stored.entry.version)))
}
