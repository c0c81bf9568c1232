//! `sealkit run`: runs a task locally, in a pod with its secrets.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    sync::Arc,
    thread,
};

use sealkit_engine::{
    BuildOptions, Engine, PodOptions, Problem, Program, SecretRequest, Task, TaskKind, Values,
};
use sealkit_store::{Scope, SecretId, Store};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use zeroize::Zeroizing;

use crate::{
    arguments::{Run, TargetArguments},
    error::CommandError,
    progress::Progress,
    prompt, secret, terminal,
    value::{self, Source},
};

/// A secret from the command line, for this run only.
struct RunSecret {
    name: String,
    value: Zeroizing<Vec<u8>>,
}

/// A secret that was not found, and the task that requests it.
type Missing<'t> = (&'t Task, &'t SecretRequest);

pub(crate) fn run(args: &Run) -> Result<(), CommandError> {
    let scope = Scope::new(args.domain.as_deref(), args.project.as_deref())?;
    let options = PodOptions {
        environment: args.env.iter().map(|pair| variable(pair)).collect::<Result<_, _>>()?,
        inherit_environment: args.inherit_env,
        debuggable: args.debuggable,
        domain: args.domain.clone(),
        project: args.project.clone(),
    };
    let run_secrets =
        args.secret.iter().map(|text| run_secret(text)).collect::<Result<Vec<_>, CommandError>>()?;
    let program = open(&args.target)?;
    let task = program.task(&args.task)?;
    let inputs = program.inputs(task, &args.inputs)?;

    let store = Store::open(&secret::store_paths()?)?;
    let lookup = |request: &SecretRequest| look_up(&run_secrets, store.as_ref(), &scope, request);
    let (mut values, missing) = Values::look_up(program.tasks(), &lookup)?;
    // A workflow may call every task of the program.
    let required = missing.into_iter().filter(|(of, _)| match task.kind {
        TaskKind::Workflow => !args.skip_check || of.name == task.name,
        TaskKind::Task => of.name == task.name,
    });
    let required = unique(required.collect());
    provide(task, &required, &scope, &mut values)?;
    for (name, strength) in values.weak() {
        terminal::warning(&format!("secret `{name}` {strength}"));
    }

    let progress = Arc::new(Progress::new(terminal::stderr_is_terminal()));
    let observer = progress.clone();
    let name = task.name.clone();
    let engine =
        Engine::new(program, &name, values, options, Arc::new(move |event| observer.observe(event)))?;
    if !engine.is_in_memory() {
        terminal::warning(
            "secrets that are mounted as files are written to disk: there is no in-memory file system",
        );
    }
    let signals = cancel_on_signals(&engine)?;
    sealkit_engine::adopt_orphans();
    let outcome = engine.run(&name, &inputs);
    sealkit_engine::kill_orphans();
    signals.close();
    progress.finish();
    match outcome {
        Ok(success) => terminal::print(&(success.json + "\n")),
        Err(problem) if problem.code == "cancelled" => Err(CommandError::interrupted()),
        Err(problem) => Err(failure(&problem)),
    }
}

/// Builds the target if necessary and opens the program.
pub(crate) fn open(target: &TargetArguments) -> Result<Program, CommandError> {
    let TargetArguments { target, release, features, package } = target;
    let options = BuildOptions { release: *release, features: features.clone(), package: package.clone() };
    Ok(Program::open(&sealkit_engine::resolve_target(target, &options)?)?)
}

/// Looks up a secret: on the command line, then in the store, from the narrowest scope to the widest.
fn look_up(
    run_secrets: &[RunSecret],
    store: Option<&Store>,
    scope: &Scope,
    request: &SecretRequest,
) -> sealkit_engine::Result<Option<Zeroizing<Vec<u8>>>> {
    let name = request.request().to_string();
    if let Some(secret) = run_secrets.iter().find(|secret| secret.name == name) {
        return Ok(Some(secret.value.clone()));
    }
    let Some(store) = store else { return Ok(None) };
    let found = store.find(scope, request.group.as_deref(), &request.key);
    let found = found.map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        let error = sealkit_engine::Error::new(error.to_string());
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })?;
    Ok(found.map(|stored| Zeroizing::new(stored.value.to_vec())))
}

/// Removes repeated secrets; the first task that requests a secret stays.
fn unique(mut missing: Vec<Missing<'_>>) -> Vec<Missing<'_>> {
    let mut seen: Vec<(Option<&str>, &str)> = Vec::new();
    missing.retain(|(_, request)| {
        let name = (request.group.as_deref(), &*request.key);
        let is_new = !seen.contains(&name);
        seen.push(name);
        is_new
    });
    missing
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
    if !(terminal::stdin_is_terminal() && terminal::stderr_is_terminal()) {
        return Err(missing_secrets(task, missing, scope));
    }
    for (of, request) in missing {
        let id = SecretId::new(scope.clone(), request.group.as_deref(), &request.key)?;
        terminal::note(&format!("task `{}` needs secret {id}, which does not exist yet", of.name));
        let value = prompt::hidden("Enter secret value: ")?;
        if value.is_empty() {
            return Err(missing_secrets(task, missing, scope));
        }
        if prompt::confirm(&format!("Store {id} for later runs?"))? {
            let store = secret::open_or_create_store()?;
            store.create(&id, sealkit_store::SecretType::Generic, sealkit_store::Value::text(&value)?)?;
        }
        values.insert(request, Zeroizing::new(value.as_bytes().to_vec()));
    }
    Ok(())
}

/// The error that lists all missing secrets, with the command that creates each.
fn missing_secrets(task: &Task, missing: &[Missing<'_>], scope: &Scope) -> CommandError {
    let secrets: Vec<String> =
        missing.iter().map(|(of, request)| format!("`{}` (task `{}`)", request.request(), of.name)).collect();
    let reason = match &secrets[..] {
        [one] => format!("secret {one} was not found"),
        many => format!("{} secrets were not found: {}", many.len(), many.join(", ")),
    };
    let pronoun = if missing.len() == 1 { "it" } else { "them" };
    let commands: Vec<String> = missing.iter().map(|(_, request)| create_command(request, scope)).collect();
    CommandError::failure(format!("cannot start task `{}`: {reason}", task.name))
        .with_hint(format!("create {pronoun}: {}", commands.join("; ")))
}

/// Returns the command that creates a secret.
pub(crate) fn create_command(request: &SecretRequest, scope: &Scope) -> String {
    let id = SecretId::new(scope.clone(), request.group.as_deref(), &request.key);
    let arguments = id.map_or_else(|_| request.request().to_string(), |id| id.arguments());
    format!("sealkit create secret {arguments}")
}

/// Reads the value of `--secret`: `NAME=@FILE`, `NAME=env:VARIABLE` or `NAME=-`.
fn run_secret(text: &str) -> Result<RunSecret, CommandError> {
    let syntax = "write --secret NAME=@FILE, NAME=env:VARIABLE or NAME=- for standard input; with a group, NAME is GROUP/NAME";
    // Errors repeat the name at most: the rest may be a value by mistake.
    let Some((name, source)) = text.split_once('=') else {
        return Err(CommandError::usage("a value of `--secret` has no `=`").with_hint(syntax));
    };
    let source = match source {
        "-" => Source::StandardInput,
        _ => match (source.strip_prefix('@'), source.strip_prefix("env:")) {
            (Some(path), _) => Source::File(Path::new(path)),
            (None, Some(variable)) => Source::Variable(variable),
            (None, None) => {
                let name: String = name.chars().take(80).flat_map(char::escape_debug).collect();
                let message =
                    format!("`--secret {name}=…` names no source, and values are not accepted here");
                return Err(CommandError::usage(message).with_hint(syntax));
            }
        },
    };
    Ok(RunSecret { name: name.to_owned(), value: value::read_from(&source)? })
}

/// Parses the value of `--env`.
pub(crate) fn variable(pair: &OsStr) -> Result<(OsString, OsString), CommandError> {
    let text = pair.to_str().and_then(|pair| pair.split_once('='));
    let Some((name, value)) = text.filter(|(name, _)| !name.is_empty()) else {
        return Err(CommandError::usage("a value of `--env` has no name: write --env NAME=VALUE"));
    };
    if sealkit_names::variables::is_reserved(name) {
        let message = format!("cannot set `{name}` with `--env`: Flyte and sealkit reserve it");
        return Err(
            CommandError::usage(message).with_hint("pass a secret with --secret, a domain with --domain")
        );
    }
    Ok((name.into(), value.into()))
}

/// Cancels the run on SIGINT, SIGTERM and SIGHUP.
fn cancel_on_signals(engine: &Arc<Engine>) -> Result<signal_hook::iterator::Handle, CommandError> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| CommandError::failure(format!("cannot install signal handlers: {error}")))?;
    let (handle, engine) = (signals.handle(), Arc::downgrade(engine));
    thread::spawn(move || {
        for _ in &mut signals {
            if let Some(engine) = engine.upgrade() {
                engine.cancel();
            }
        }
    });
    Ok(handle)
}

fn failure(problem: &Problem) -> CommandError {
    match problem.message.split_once("\nhint: ") {
        Some((message, hint)) => CommandError::failure(message).with_hint(hint),
        None => CommandError::failure(&*problem.message),
    }
}
