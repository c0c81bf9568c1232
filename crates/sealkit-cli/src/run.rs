//! `sealkit run`: runs a task locally, in a pod with its secrets.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use clap::CommandFactory as _;
use sealkit_engine::{Engine, Event, Isolation, PodOptions};
use sealkit_program::{BuildOptions, Inputs, Platform, Program, Task};
use sealkit_store::Scope;

use crate::{
    arguments::{Arguments, Run, TargetArguments},
    env_file::EnvFile,
    error::CommandError,
    history::{Recorded, Recorder, RunInfo, report},
    inputs_file, isolation, output_files,
    progress::Progress,
    results, run_secrets,
    run_signals::RunSignals,
    secret_lookup, terminal, timeout,
    timings::Timings,
};

pub(crate) fn run(args: &Run) -> Result<(), CommandError> {
    let mut timings = Timings::start();
    check_stdin(args)?;
    check_report(args)?;
    let scope = Scope::new(args.domain.as_deref(), args.project.as_deref())?;
    let run_secrets =
        args.secret.iter().map(|text| run_secrets::parse(text)).collect::<Result<Vec<_>, CommandError>>()?;
    let mut options = PodOptions {
        environment: args.env.iter().map(|pair| variable(pair)).collect::<Result<_, _>>()?,
        inherit_environment: args.inherit_env,
        hidden_variables: run_secrets.iter().filter_map(|secret| secret.variable.clone()).collect(),
        debuggable: args.debuggable,
        isolation: if args.process_isolation { Isolation::Process } else { Isolation::default() },
        grace_period: args.grace_period,
        stdin: args.stdin,
        domain: args.domain.clone(),
        project: args.project.clone(),
        cache: results::open(!args.no_cache),
    };
    let env_file = args
        .env_file
        .as_deref()
        .map(|path| EnvFile::read(path, "--env-file"))
        .transpose()?
        .unwrap_or_default();
    let path = build(&args.target, None)?;
    timings.end("build the program");
    let orphans = Orphans;
    let program = options.open(&path, timeout::from_environment()?)?;
    timings.end("describe its tasks");
    let Some((task, inputs)) = select(args, &program)? else { return Ok(()) };
    timings.end("convert the inputs");
    // Variables of the command line come last, and win.
    options.environment.splice(0..0, env_file.environment(program.tasks())?);
    run_secrets::check_requested(&run_secrets, &program)?;

    let values = secret_lookup::find(args, &program, task, &scope, &run_secrets, &env_file)?;
    let weak = values.weak(program.tasks());
    for (name, strength) in &weak {
        terminal::warning(&format!("secret `{name}` {strength}"));
    }
    let mut doubtful = values.words(program.tasks());
    doubtful.extend(weak.into_iter().map(|(name, _)| name));
    timings.end("look up the secrets");

    let progress = Arc::new(Progress::new(terminal::stderr_is_terminal(), doubtful));
    let recorder: Arc<OnceLock<Recorder>> = Arc::default();
    let observers = (progress.clone(), recorder.clone());
    let observer = move |event: &Event<'_>| {
        observers.0.observe(event);
        if let Some(recorder) = observers.1.get() {
            recorder.observe(event);
        }
    };
    // An error after the run would be too late.
    args.outputs.as_deref().map(output_files::create_directory).transpose()?;
    let (name, path, has_secrets) = (task.name.clone(), program.path().to_owned(), !values.is_empty());
    let engine = Engine::new(program, values, options, Arc::new(observer))?;
    if !args.no_history {
        let guard = engine.guard().clone();
        let info = RunInfo { name: engine.run_name(), program: &path, task: &name, guard };
        let started = Recorder::start(info);
        started.and_then(|started| recorder.set(started).ok());
    }
    if args.report.is_some() && recorder.get().is_none() {
        let message = "cannot write a report: there is no home directory to record the run in";
        return Err(CommandError::failure(message).with_hint("set SEALKIT_HOME to a directory"));
    }
    // An error after the run would be too late.
    args.report.as_deref().map(report::check).transpose()?;
    if has_secrets {
        isolation::print_warnings(&engine);
    }
    let signals = RunSignals::install(&engine)?;
    // Other systems cannot adopt orphans.
    if engine.isolation() == Isolation::Private {
        sealkit_engine::adopt_orphans();
    }
    timings.end("prepare the pods");
    let outcome = engine.run(&name, &inputs);
    timings.end("run the tasks");
    drop(orphans);
    let interrupted = signals.finish();
    progress.finish();
    let mut outcome = match outcome {
        Ok(success) => output_files::deliver(success.json, engine.data(), args.outputs.as_deref())
            .and_then(|json| terminal::print(&(json + "\n"))),
        Err(problem) => Err(interrupted.unwrap_or_else(|| problem.into())),
    };
    engine.remove_data();
    if let Some(recorder) = recorder.get() {
        outcome = end_record(recorder, engine.run_name(), args.report.as_deref(), outcome);
    }
    if args.timings {
        timings.end("finish the run");
        timings.print();
    }
    outcome
}

/// Kills what a run has left behind, and the fork server, when it is dropped.
struct Orphans;

impl Drop for Orphans {
    fn drop(&mut self) {
        sealkit_engine::kill_orphans();
    }
}

/// Ends the record of a run, and writes the report. Returns the outcome of the run, or the error of the report.
fn end_record(
    recorder: &Recorder,
    run: &str,
    page: Option<&Path>,
    outcome: Result<(), CommandError>,
) -> Result<(), CommandError> {
    let record = recorder.finish(&outcome);
    let has_failed = outcome.as_ref().is_err_and(|error| error.code() == 1);
    let written = page.map_or(Ok(()), |page| match &record {
        Some(_) => report::write(run, page),
        None => Err(report::not_recorded(page)),
    });
    let outcome = match (outcome, written) {
        (Ok(()), written) => written,
        (outcome, written) => {
            if let Err(error) = written {
                terminal::warning(error.message());
            }
            outcome
        }
    };
    if let Some(Recorded { log }) = record.filter(|_| has_failed) {
        terminal::note(&match log {
            Some(log) => format!("the log of this run: {}", log.display()),
            None => format!("show this run again: sealkit get run {run}"),
        });
    }
    outcome
}

/// Returns an error if standard input is to be read more than once.
fn check_stdin(args: &Run) -> Result<(), CommandError> {
    let is_inputs = args.inputs_file.as_deref().is_some_and(|path| path == Path::new("-"));
    let secrets = args.secret.iter().filter(|secret| secret.ends_with("=-")).count();
    if secrets + usize::from(args.stdin) + usize::from(is_inputs) <= 1 {
        return Ok(());
    }
    Err(CommandError::usage(
        "standard input can be read only once: by `--stdin`, `--inputs-file -` or one `--secret NAME=-`",
    )
    .with_hint("write the other one to a file: --inputs-file PATH, --secret NAME=@FILE"))
}

/// Returns an error if the report is to be written to standard output.
fn check_report(args: &Run) -> Result<(), CommandError> {
    if args.report.as_deref().is_none_or(|path| path != Path::new("-")) {
        return Ok(());
    }
    Err(CommandError::usage("cannot write the report to standard output: it has the output of the task")
        .with_hint("name a file: --report run.html"))
}

/// Builds the target if necessary and opens the program.
pub(crate) fn open(target: &TargetArguments) -> Result<Program, CommandError> {
    Ok(Program::open(&build(target, None)?, timeout::from_environment()?)?)
}

/// Builds the target if necessary, for this machine or for a platform of clusters, and returns the path of the program.
pub(crate) fn build(target: &TargetArguments, platform: Option<Platform>) -> Result<PathBuf, CommandError> {
    let TargetArguments { target, release, features, package, sealkit } = target;
    let options = BuildOptions {
        release: *release,
        features: features.clone(),
        package: package.clone(),
        platform,
        sealkit: sealkit.clone(),
    };
    Ok(sealkit_program::resolve_target(target, &options, &terminal::status)?)
}

/// Returns the task of the command line and its inputs, or `None` after printing the help of the task.
pub(crate) fn select<'p>(
    args: &Run,
    program: &'p Program,
) -> Result<Option<(&'p Task, Inputs)>, CommandError> {
    let Some((name, inputs)) = args.task.split_first() else { return Err(no_task(args, program)) };
    let name = name.to_string_lossy();
    if name.starts_with('-') {
        return Err(unknown_option(&name));
    }
    let task = program.task(&name)?;
    let command = format!("sealkit run {}", args.target.target);
    if inputs.iter().any(|argument| argument == "--help" || argument == "-h") {
        terminal::print(&program.help(task, &command)?)?;
        return Ok(None);
    }
    let mut arguments =
        args.inputs_file.as_deref().map(inputs_file::arguments).transpose()?.unwrap_or_default();
    arguments.extend_from_slice(inputs);
    match program.inputs(task, &arguments, &command) {
        Ok(inputs) => Ok(Some((task, inputs))),
        Err(error) => {
            let is_input = |name: &str| task.interface.inputs.iter().any(|known| known.name == name);
            Err(misplaced_option(&name, is_input, inputs).map_or_else(
                || error.into(),
                |error| error.with_hint("write options of the run before TARGET, inputs after TASK"),
            ))
        }
    }
}

/// The error that lists the tasks and their inputs.
fn no_task(args: &Run, program: &Program) -> CommandError {
    let target = &args.target.target;
    if program.tasks().is_empty() {
        return CommandError::usage(format!("`{target}` has no tasks"))
            .with_hint("write #[task] above a function");
    }
    let width = program.tasks().iter().map(|task| task.name.len()).max().unwrap_or_default();
    let mut text = format!("TASK is missing: these are the tasks of `{target}`\n");
    for task in program.tasks() {
        let docs = sealkit_names::first_paragraph(&task.docs);
        let line = format!("  {:width$}  {:8}  {docs}", task.name, task.kind.as_str());
        let _ = write!(text, "\n{}", line.trim_end());
        for input in &task.interface.inputs {
            let _ = write!(text, "\n  {:width$}    --{} {}", "", input.name, input.r#type.short_name());
        }
    }
    text.push('\n');
    CommandError::usage(text).with_hint(format!("name one: sealkit run {target} TASK [--INPUT VALUE ...]"))
}

/// Returns the options of `sealkit run`, with their dashes.
fn options() -> Vec<String> {
    let mut command = Arguments::command();
    command.build();
    let run = command.find_subcommand("run");
    let options = run.into_iter().flat_map(clap::Command::get_arguments);
    let longs = options.filter(|option| !option.is_hide_set()).filter_map(|option| option.get_long());
    longs.map(|long| format!("--{long}")).collect()
}

fn unknown_option(argument: &str) -> CommandError {
    let name: String = argument.split('=').next().unwrap_or_default().chars().take(80).collect();
    let options = options();
    let near = sealkit_names::nearest(&name, options.iter().map(String::as_str));
    CommandError::usage(format!("unknown option `{}`", name.escape_debug())).with_hint(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "see `sealkit run --help`".to_owned(),
    })
}

/// Returns the error for an option of `sealkit run` among the inputs of a task that has no input of this name.
pub(crate) fn misplaced_option(
    task: &str,
    is_input: impl Fn(&str) -> bool,
    inputs: &[OsString],
) -> Option<CommandError> {
    let options = options();
    let names = inputs.iter().filter_map(|argument| argument.to_str()?.split('=').next());
    let mut misplaced = names.filter(|name| {
        let input = name.trim_start_matches('-').replace('-', "_");
        options.iter().any(|option| option == name) && !is_input(&input)
    });
    misplaced.next().map(|option| {
        CommandError::usage(format!(
            "`{option}` is an option of `sealkit run`, not an input of task `{task}`"
        ))
    })
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
