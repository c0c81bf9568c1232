//! `sealkit describe`: prints the metadata of tasks, or the sources of their secrets.

use std::fmt::Write as _;

use sealkit_program::{Program, SecretRequest, Task};
use sealkit_store::{Scope, Store};
use serde::Serialize;

use crate::{
    arguments::{Describe, DescribeOutput},
    error::CommandError,
    graph::{self, TaskWithSources},
    run, secret, secret_lookup, terminal,
};

pub(crate) fn describe(args: &Describe) -> Result<(), CommandError> {
    let scope = Scope::new(args.domain.as_deref(), args.project.as_deref())?;
    let program = run::open(&args.target)?;
    let task = args.task.as_ref().map(|name| program.task(name)).transpose()?;
    let tasks: Vec<&Task> = task.map_or_else(|| program.tasks().iter().collect(), |task| vec![task]);
    // With those that it calls: a run needs all their secrets.
    let required = || task.map_or_else(|| tasks.clone(), |task| program.reachable(task).required);
    if let Some(format) = args.graph {
        let tasks = required();
        let checked = check(&program, &tasks, &scope)?;
        let tasks: Vec<TaskWithSources<'_>> =
            checked.iter().map(|checked| (checked.task, &*checked.secret_sources)).collect();
        let title = program.path().file_name().unwrap_or_default().to_string_lossy();
        return terminal::print(&graph::draw(&tasks, &title, format));
    }
    if !args.check {
        return match args.output {
            DescribeOutput::Json => terminal::print_json(&tasks),
            DescribeOutput::Table => terminal::print(&program.description(task)?),
        };
    }
    let tasks = required();
    let checked = check(&program, &tasks, &scope)?;
    match args.output {
        DescribeOutput::Json => terminal::print_json(&checked)?,
        DescribeOutput::Table => terminal::print(&checked.iter().map(CheckedTask::text).collect::<String>())?,
    }
    let missing = commands_for_missing(&checked, &scope);
    let (message, pronoun) = match missing.len() {
        0 => return Ok(()),
        1 => ("1 secret is missing".to_owned(), "it"),
        count => (format!("{count} secrets are missing"), "them"),
    };
    Err(CommandError::failure(message).with_hint(format!("create {pronoun}: {}", missing.join("; "))))
}

/// A task with the sources of its secrets; as JSON, its description with the field `secret_sources`.
#[derive(Serialize)]
struct CheckedTask<'a> {
    #[serde(flatten)]
    task: &'a Task,
    /// Where each of the requested secrets comes from; `null` if it is missing.
    secret_sources: Vec<Option<String>>,
}

impl CheckedTask<'_> {
    fn requests(&self) -> impl Iterator<Item = (&SecretRequest, Option<&str>)> {
        self.task.secret_requests.iter().zip(self.secret_sources.iter().map(Option::as_deref))
    }

    fn text(&self) -> String {
        let mut text = format!("{} ({})\n", self.task.name, self.task.kind.as_str());
        for (request, source) in self.requests() {
            let names = request.request();
            let env_var = names.env_var.map(|name| format!(", in ${name}")).unwrap_or_default();
            let source = source.unwrap_or("missing");
            let _ = writeln!(text, "  secret  {names} as {}{env_var}: {source}", names.mount);
        }
        text
    }
}

fn check<'a>(
    program: &Program,
    tasks: &[&'a Task],
    scope: &Scope,
) -> Result<Vec<CheckedTask<'a>>, CommandError> {
    let store = Store::open(&secret::store_paths()?)?;
    let check = |task: &&'a Task| {
        let sources = task.secret_requests.iter().map(|request| source(store.as_ref(), scope, request));
        Ok(CheckedTask { task, secret_sources: sources.collect::<Result<_, CommandError>>()? })
    };
    let mut checked: Vec<CheckedTask<'a>> = tasks.iter().map(check).collect::<Result<_, CommandError>>()?;
    ask_program(program, &mut checked)?;
    Ok(checked)
}

/// Asks the program for the secrets that the store does not have.
fn ask_program(program: &Program, tasks: &mut [CheckedTask<'_>]) -> Result<(), CommandError> {
    let requests = tasks.iter().flat_map(|of| &of.task.secret_requests);
    let sources = tasks.iter().flat_map(|of| &of.secret_sources);
    let missing = requests.zip(sources).filter(|(_, source)| source.is_none());
    let missing: Vec<&SecretRequest> = missing.map(|(request, _)| request).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let found = program.secrets(&missing, false)?;
    let sources = tasks.iter_mut().flat_map(|of| &mut of.secret_sources);
    for (source, value) in sources.filter(|source| source.is_none()).zip(found) {
        *source = value.map(|_| "found by the program".to_owned());
    }
    Ok(())
}

/// Returns the commands that create the missing secrets, each once.
fn commands_for_missing(tasks: &[CheckedTask<'_>], scope: &Scope) -> Vec<String> {
    let mut commands = Vec::new();
    for (request, _) in tasks.iter().flat_map(CheckedTask::requests).filter(|(_, source)| source.is_none()) {
        let command = secret_lookup::create_command(request, scope)
            .unwrap_or_else(|| format!("pass one to each run: {}", secret_lookup::option(request)));
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    commands
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
