//! `run`: a task in a pod of its own, with its secrets.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    sync::Arc,
    thread,
};

use sealkit_engine::{Build, Engine, Failed, Kind, Program, SecretRequest, Surroundings, Task, Values};
use sealkit_store::{Scope, SecretId, Store};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use zeroize::Zeroizing;

use crate::{
    arguments::{Run, TargetArguments},
    fault::Fault,
    progress::Progress,
    prompt, secret, terminal,
    value::{self, Source},
};

/// A value for this run alone.
struct Given {
    name: String,
    value: Zeroizing<Vec<u8>>,
}

pub(crate) fn run(what: &Run) -> Result<(), Fault> {
    what.image.refuse()?;
    let scope = Scope::new(what.domain.as_deref(), what.project.as_deref())?;
    let surroundings = Surroundings {
        environment: what.env.iter().map(|pair| variable(pair)).collect::<Result<_, _>>()?,
        inherit: what.inherit_env,
        debuggable: what.debuggable,
        scope: (what.domain.clone(), what.project.clone()),
    };
    let given = what.secret.iter().map(|text| given(text)).collect::<Result<Vec<Given>, Fault>>()?;
    let program = open(&what.target)?;
    let task = program.task(&what.task)?;
    let inputs = program.inputs(task, &what.inputs)?;

    let store = Store::open(&secret::place()?)?;
    let lookup = |request: &SecretRequest| find(&given, store.as_ref(), &scope, request);
    let (mut values, missing) = Values::find(program.tasks(), &lookup)?;
    // A workflow may call every task of the program.
    let needed = missing.into_iter().filter(|(of, _)| match task.kind {
        Kind::Workflow => !what.skip_check || of.name == task.name,
        Kind::Task => of.name == task.name,
    });
    let mut needed: Vec<(&Task, &SecretRequest)> = needed.collect();
    // Each once, for the first task that asks for it.
    let mut seen: Vec<(Option<&str>, &str)> = Vec::new();
    needed.retain(|(_, request)| {
        let name = (request.group.as_deref(), &*request.key);
        let is_new = !seen.contains(&name);
        seen.push(name);
        is_new
    });
    supply(&needed, &scope, &mut values)?;
    for (name, strength) in values.weak() {
        terminal::warning(&format!("secret `{name}` {strength}"));
    }

    let progress = Arc::new(Progress::new(terminal::errors_are_seen()));
    let observer = progress.clone();
    let name = task.name.clone();
    let engine =
        Engine::new(program, &name, values, surroundings, Arc::new(move |event| observer.show(event)))?;
    if !engine.is_in_memory() {
        terminal::warning(
            "no file system in memory was found: secrets that are mounted as files are on a disk",
        );
    }
    let interrupted = cancel_on_signals(&engine)?;
    sealkit_engine::adopt_orphans();
    let outcome = engine.run(&name, &inputs);
    sealkit_engine::end_orphans();
    interrupted.close();
    progress.end();
    match outcome {
        Ok(success) => terminal::data(&(success.json + "\n")),
        Err(failed) if failed.code == "cancelled" => Err(Fault::interrupted()),
        Err(failed) => Err(fault(&failed)),
    }
}

/// The program that is meant, and its tasks.
pub(crate) fn open(target: &TargetArguments) -> Result<Program, Fault> {
    let TargetArguments { target, release, features, package } = target;
    let build = Build { release: *release, features: features.clone(), package: package.clone() };
    Ok(Program::open(&sealkit_engine::find(target, &build)?)?)
}

/// The value of a secret: for this run alone, or from the store, where the narrowest scope comes first.
fn find(
    given: &[Given],
    store: Option<&Store>,
    scope: &Scope,
    request: &SecretRequest,
) -> sealkit_engine::Result<Option<Zeroizing<Vec<u8>>>> {
    let name = request.request().to_string();
    if let Some(given) = given.iter().find(|given| given.name == name) {
        return Ok(Some(given.value.clone()));
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

/// Asks for what is missing where somebody can be asked; else tells all of it at once.
fn supply(missing: &[(&Task, &SecretRequest)], scope: &Scope, values: &mut Values) -> Result<(), Fault> {
    let id = |request: &SecretRequest| SecretId::new(scope.clone(), request.group.as_deref(), &request.key);
    if !missing.is_empty() && terminal::input_is_typed() && terminal::errors_are_seen() {
        for (task, request) in missing {
            let id = id(request)?;
            terminal::note(&format!("task `{}` needs secret {id}, which is not there yet", task.name));
            let value = prompt::line("Enter secret value: ")?;
            if value.is_empty() {
                return Err(absent(missing, scope));
            }
            if prompt::confirm(&format!("Store it as {id}, for the next time?"))? {
                let store = Store::open_or_create(&secret::place()?)?;
                store.create(&id, sealkit_store::SecretType::Generic, sealkit_store::Value::text(&value)?)?;
            }
            values.add(request, Zeroizing::new(value.as_bytes().to_vec()));
        }
        return Ok(());
    }
    if missing.is_empty() { Ok(()) } else { Err(absent(missing, scope)) }
}

/// All that is missing, and how to create each.
fn absent(missing: &[(&Task, &SecretRequest)], scope: &Scope) -> Fault {
    let told =
        missing.iter().map(|(task, request)| format!("`{}` (task `{}`)", request.request(), task.name));
    let told: Vec<String> = told.collect();
    let message = match &told[..] {
        [one] => format!("secret {one} was not found: nothing was started"),
        many => format!("{} secrets were not found: {}; nothing was started", many.len(), many.join(", ")),
    };
    let commands: Vec<String> = missing.iter().map(|(_, request)| create(request, scope)).collect();
    Fault::failure(message).with_hint(format!("create what is missing: {}", commands.join("; ")))
}

/// The command that creates a secret.
pub(crate) fn create(request: &SecretRequest, scope: &Scope) -> String {
    let id = SecretId::new(scope.clone(), request.group.as_deref(), &request.key);
    let arguments = id.map_or_else(|_| request.request().to_string(), |id| id.arguments());
    format!("sealkit create secret {arguments}")
}

/// `NAME=@FILE`, `NAME=env:VARIABLE` or `NAME=-`, and never a value.
fn given(text: &str) -> Result<Given, Fault> {
    let how =
        "write --secret NAME=@FILE, NAME=env:VARIABLE or NAME=- for standard input; a group is GROUP/NAME";
    // What is repeated in an error is the name at most: the rest may be a value by mistake.
    let Some((name, source)) = text.split_once('=') else {
        return Err(Fault::usage("a value of `--secret` has no `=`").with_hint(how));
    };
    let source = match source {
        "-" => Source::StandardInput,
        _ => match (source.strip_prefix('@'), source.strip_prefix("env:")) {
            (Some(path), _) => Source::File(Path::new(path)),
            (None, Some(variable)) => Source::Variable(variable),
            (None, None) => {
                let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
                let message = format!("`--secret {shown}=…` says no place: a value is not taken here");
                return Err(Fault::usage(message).with_hint(how));
            }
        },
    };
    Ok(Given { name: name.to_owned(), value: value::read_from(&source)? })
}

pub(crate) fn variable(pair: &OsStr) -> Result<(OsString, OsString), Fault> {
    let text = pair.to_str().and_then(|pair| pair.split_once('='));
    let Some((name, value)) = text.filter(|(name, _)| !name.is_empty()) else {
        return Err(Fault::usage("a value of `--env` has no name: write --env NAME=VALUE"));
    };
    if sealkit_names::variables::is_reserved(name) {
        let message = format!("`--env {name}=…` sets what only Flyte and sealkit set");
        return Err(
            Fault::usage(message).with_hint("a secret is given with --secret, a domain with --domain")
        );
    }
    Ok((name.into(), value.into()))
}

/// Ends all pods when the run is to end.
fn cancel_on_signals(engine: &Arc<Engine>) -> Result<signal_hook::iterator::Handle, Fault> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Fault::failure(format!("signals cannot be heard: {error}")))?;
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

fn fault(failed: &Failed) -> Fault {
    match failed.message.split_once("\nhint: ") {
        Some((message, hint)) => Fault::failure(message).with_hint(hint),
        None => Fault::failure(&*failed.message),
    }
}
