//! The secrets of a local run: from the options, the env file, the store and the program itself.

use std::time::SystemTime;

use once_cell::unsync::OnceCell;
use sealkit_engine::{Found, Values};
use sealkit_names::MountType;
use sealkit_program::{Program, SecretRequest, Task};
use sealkit_store::{Entry, Scope, SecretId, Store};
use zeroize::Zeroizing;

use crate::{
    arguments::Run,
    env_file::EnvFile,
    error::CommandError,
    prompt,
    run_secrets::{self, RunSecret},
    secret, terminal,
};

/// A secret that was not found, and the task that requests it.
pub(crate) type Missing<'t> = (&'t Task, &'t SecretRequest);

/// Returns the secrets of the tasks that a run of `task` may start. Prompts for missing ones on a terminal.
pub(crate) fn find(
    args: &Run,
    program: &Program,
    task: &Task,
    scope: &Scope,
    run_secrets: &[RunSecret],
    env_file: &EnvFile,
) -> Result<Values, CommandError> {
    // Opened by the first look-up that needs it.
    let store = OnceCell::new();
    let lookup = |request: &SecretRequest| {
        let given = run_secrets::find(run_secrets, request).map(|secret| secret.value.clone());
        match given.or_else(|| env_file.find(request)) {
            Some(value) => Ok(Some(value.into())),
            None => look_up(&store, scope, request),
        }
    };
    let reachable = program.reachable(task);
    let mut values = Values::default();
    let required = unique(values.look_up(reachable.required.iter().copied(), &lookup)?);
    let required = ask_program(program, required, false, &mut values)?;
    let mut possible = unique(values.look_up(reachable.possible.iter().copied(), &lookup)?);
    if reachable.required.iter().any(|task| task.calls.is_none()) {
        // A task may call the rest, too, but hardly does: what cannot be looked up is missing when it is called.
        let mut rest =
            unique(values.look_up(program.tasks(), &|request| Ok(lookup(request).unwrap_or_default()))?);
        rest.retain(|secret| !contains(&required, secret));
        let missing = ask_program(program, rest.clone(), true, &mut values).unwrap_or(rest);
        possible.retain(|secret| contains(&missing, secret));
    }
    if !args.skip_check {
        provide(task, &required, scope, &mut values)?;
        warn_of_missing(task, &possible, "");
    }
    Ok(values)
}

/// Looks up a secret in the store, from the narrowest scope to the widest.
fn look_up(
    store: &OnceCell<Option<Store>>,
    scope: &Scope,
    request: &SecretRequest,
) -> sealkit_program::Result<Option<Found>> {
    let error = |message: &str, hint: Option<&str>| {
        let error = sealkit_program::Error::new(message.to_owned());
        match hint {
            Some(hint) => error.with_hint(hint.to_owned()),
            None => error,
        }
    };
    let open = || Ok::<_, CommandError>(Store::open(&secret::store_paths()?)?);
    let store = store.get_or_try_init(open).map_err(|failed| error(failed.message(), failed.hint()))?;
    let Some(store) = store else { return Ok(None) };
    let found = store.find(scope, request.group.as_deref(), &request.key);
    let found = found.map_err(|failed| error(&failed.to_string(), failed.hint()))?;
    Ok(found.map(|stored| {
        let Entry { id, version, created, .. } = &stored.entry;
        let created = created.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let revision = Some(format!("{id} {version} {created}"));
        Found { value: Zeroizing::new(stored.value.to_vec()), revision }
    }))
}

/// Asks the program for secrets that this command does not have: its providers, and the variables and files that tasks read in process.
/// Returns those that are still missing.
fn ask_program<'t>(
    program: &Program,
    missing: Vec<Missing<'t>>,
    optional: bool,
    values: &mut Values,
) -> Result<Vec<Missing<'t>>, CommandError> {
    if missing.is_empty() {
        return Ok(missing);
    }
    let requests: Vec<&SecretRequest> = missing.iter().map(|(_, request)| *request).collect();
    let found = program.secrets(&requests, optional)?;
    let mut rest = Vec::new();
    for ((task, request), value) in missing.into_iter().zip(found) {
        match value {
            Some(value) => values.insert(request, value),
            None => rest.push((task, request)),
        }
    }
    Ok(rest)
}

/// Removes repeated secrets; the first task that requests a secret stays.
pub(crate) fn unique(mut missing: Vec<Missing<'_>>) -> Vec<Missing<'_>> {
    let mut seen: Vec<&SecretRequest> = Vec::new();
    missing.retain(|(_, request)| {
        let is_new = !seen.iter().any(|known| is_same(known, request));
        seen.push(request);
        is_new
    });
    missing
}

fn contains(secrets: &[Missing<'_>], (_, request): &Missing<'_>) -> bool {
    secrets.iter().any(|(_, other)| is_same(request, other))
}

fn is_same(a: &SecretRequest, b: &SecretRequest) -> bool {
    a.group == b.group && a.key == b.key
}

/// Lists missing secrets of tasks that a workflow without declared calls may call; `place` is where they were looked up.
pub(crate) fn warn_of_missing(task: &Task, missing: &[Missing<'_>], place: &str) {
    if !missing.is_empty() {
        let (name, secrets) = (&task.name, list(missing));
        terminal::warning(&format!(
            "secrets of tasks that `{name}` may call were not found{place}: {secrets}"
        ));
        terminal::hint("to check secrets before the run, declare the calls: #[workflow(calls = [...])]");
    }
}

/// Returns the names of secrets and their tasks.
pub(crate) fn list(missing: &[Missing<'_>]) -> String {
    let secrets = missing.iter().map(|(of, request)| format!("`{}` (task `{}`)", request.request(), of.name));
    secrets.collect::<Vec<_>>().join(", ")
}

/// Prompts for missing secrets on a terminal; elsewhere, returns an error that lists them.
fn provide(
    task: &Task,
    missing: &[Missing<'_>],
    scope: &Scope,
    values: &mut Values,
) -> Result<(), CommandError> {
    if missing.is_empty() {
        return Ok(());
    }
    // A file may have several lines.
    let has_file = missing.iter().any(|(_, request)| is_file(request));
    if has_file || !(terminal::stdin_is_terminal() && terminal::stderr_is_terminal()) {
        return Err(missing_secrets(task, missing, scope));
    }
    for (of, request) in missing {
        let name = request.request();
        terminal::note(&format!("task `{}` needs secret `{name}`, which does not exist yet", of.name));
        let value = prompt::hidden("Enter secret value: ")?;
        if value.is_empty() {
            return Err(missing_secrets(task, missing, scope));
        }
        // Not every group can be stored.
        let id = SecretId::new(scope.clone(), request.group.as_deref(), &request.key).ok();
        if let Some(id) = id
            && prompt::confirm(&format!("Store {id} for later runs?"))?
        {
            let store = || -> Result<(), CommandError> {
                let store = secret::open_or_create_store()?;
                store.create(&id, sealkit_store::SecretType::Generic, sealkit_store::Value::text(&value)?)?;
                Ok(())
            };
            // This run has the value in any case.
            if let Err(error) = store() {
                error.warn();
            }
        }
        values.insert(request, Zeroizing::new(value.as_bytes().to_vec()));
    }
    Ok(())
}

/// The error that lists all missing secrets, with the command that creates each.
fn missing_secrets(task: &Task, missing: &[Missing<'_>], scope: &Scope) -> CommandError {
    let secrets = list(missing);
    let (reason, pronoun) = match missing.len() {
        1 => (format!("secret {secrets} was not found"), "it"),
        count => (format!("{count} secrets were not found: {secrets}"), "them"),
    };
    let commands: Option<Vec<String>> =
        missing.iter().map(|(_, request)| create_command(request, scope)).collect();
    let options: Vec<String> = missing.iter().map(|(_, request)| option(request)).collect();
    let pass = format!("pass {pronoun} to this run: {}", options.join(" "));
    let hint = match commands.map(|commands| format!("create {pronoun}: {}", commands.join("; "))) {
        None => pass,
        Some(create) if terminal::stdin_is_terminal() => create,
        Some(create) => format!("{create}; or {pass}"),
    };
    CommandError::failure(format!("cannot start task `{}`: {reason}", task.name)).with_hint(hint)
}

/// Returns the option that passes a secret to a run.
pub(crate) fn option(request: &SecretRequest) -> String {
    let name = request.request();
    if is_file(request) {
        return format!("--secret {name}=@PATH");
    }
    format!("--secret {name}=env:{}", request.key.to_uppercase().replace('-', "_"))
}

/// Returns whether the task reads the secret from a file only.
fn is_file(request: &SecretRequest) -> bool {
    request.request().mount == MountType::File
}

/// Returns the command that creates a secret; `None` if the local store cannot hold its group, such as an ARN.
pub(crate) fn create_command(request: &SecretRequest, scope: &Scope) -> Option<String> {
    let id = SecretId::new(scope.clone(), request.group.as_deref(), &request.key).ok()?;
    let store = secret::store_paths().ok().and_then(|paths| Store::open(&paths).ok().flatten());
    let mount = request.request().mount;
    Some(store.map_or_else(|| id.create_command(mount), |store| store.create_command(&id, mount)))
}
