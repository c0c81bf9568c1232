//! `run --remote`: start a task on a cluster and follow it.

use std::{env, ffi::OsString};

use sealkit_idl::task::Outputs;
use sealkit_names::{incompatibility::incompatibilities, variables::MAX_OUTPUT};
use sealkit_program::{Program, ReachableTasks, SecretRequest, Task, TaskSpec};
use sealkit_remote::{ActionPhase, Deployment, Resource, RunId, RunOutcome, sanitize};

use super::{
    Cluster, deployed,
    follow::follow,
    ignored, input_files,
    progress::Progress,
    rejection,
    secret_check::{check_secrets, warn_of_missing},
    source::{self, Source},
};
use crate::{
    arguments::{ImageArguments, Run},
    error::CommandError,
    run, terminal,
};

pub(crate) fn run(args: &Run) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.remote.cluster)?;
    let (project, domain) = cluster.project_and_domain(args.project.as_deref(), args.domain.as_deref())?;
    if args.deployed {
        return deployed::run(args, &cluster, (&project, &domain));
    }
    let mut deployment = deployment(&cluster, &args.image, &args.env, &project, &domain)?;
    deployment.no_cache = args.no_cache;
    let source = Source::open(&cluster, &args.target, &args.image)?;
    let program = source.program();
    let Some((task, mut inputs)) = run::select(args, program)? else { return Ok(()) };
    if let Some(reference) = &task.deployed {
        return deployed::run_reference(
            args,
            &cluster,
            (&project, &domain),
            (program, task, reference),
            inputs,
        );
    }
    let ReachableTasks { required, possible } = program.reachable(task);
    check_incompatibilities(&required)?;
    ignored::warn(program, &required, Some(task), args.no_cache);
    for possible in &possible {
        if let Err(error) = check_incompatibilities(&[possible]) {
            terminal::warning(error.message());
        }
    }
    if !args.skip_check {
        check_secrets(&cluster, &required, &project, &domain)?;
        warn_of_missing(&cluster, task, (&required, &possible), &project, &domain)?;
    }

    source.deliver(&cluster, &mut deployment)?;
    input_files::upload(&cluster, &mut inputs, (&project, &domain))?;
    let spec = task_spec(program, task, &deployment)?;
    let run = RunId::random(&project, &domain)?;
    cluster.wait(cluster.client.create_run(&run, spec, inputs))?;
    let outputs = |outputs| Ok(program.outputs(task, outputs)?);
    let outcome = finish(args, &cluster, &run, &task.name, || program.disconnect(), outputs);
    outcome.map_err(|error| {
        // Kubernetes reports an image without the entry point so.
        let has_no_entry_point = error.message().contains("exec: \"a0\": executable file not found");
        if has_no_entry_point { source::no_entry_point(error, &deployment.image) } else { error }
    })
}

/// Waits for the end of a run that was started, and prints its outputs; with `--detach`, prints its name. `before` runs before the wait.
pub(super) fn finish(
    args: &Run,
    cluster: &Cluster,
    run: &RunId,
    task: &str,
    before: impl FnOnce(),
    display: impl FnOnce(Outputs) -> Result<String, CommandError>,
) -> Result<(), CommandError> {
    let console = cluster.client.config().console_url(&run.name, &run.project, &run.domain);
    terminal::status(&format!("Started run {run}: {console}"));
    if args.detach {
        return terminal::print(&format!("{run}\n"));
    }
    before();
    let progress = Progress::new(run, task, args.verbose);
    let outcome = cluster.wait(follow(cluster, run, &progress))?;
    progress.print_end(outcome.phase);
    if outcome.phase.is_success() {
        return terminal::print(&display(cluster.wait(cluster.client.outputs(run))?)?);
    }
    let error = run_error(task, &outcome);
    let reason = outcome.reason.as_deref().unwrap_or_default();
    Err(match rejection::hint(cluster, reason, &run.project, &run.domain) {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}

/// Returns the project, the environment and the resources of the pods of a program.
pub(super) fn deployment(
    cluster: &Cluster,
    image: &ImageArguments,
    variables: &[OsString],
    project: &str,
    domain: &str,
) -> Result<Deployment, CommandError> {
    let text = |pair: &OsString| {
        let (name, value) = run::variable(pair)?;
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            _ => Err(CommandError::usage("the value of `--env` is not UTF-8 text")),
        }
    };
    let mut environment = variables.iter().map(text).collect::<Result<Vec<_>, CommandError>>()?;
    // The pods have to apply the limit of the cluster, too.
    environment.extend(env::var(MAX_OUTPUT).ok().map(|limit| (MAX_OUTPUT.to_owned(), limit)));
    let asked = [(Resource::Cpu, &image.cpu), (Resource::Memory, &image.memory), (Resource::Gpu, &image.gpu)];
    let mut resources = Vec::new();
    for (resource, amount) in asked {
        let Some(amount) = amount else { continue };
        if let Some(message) = resource.message(amount) {
            return Err(CommandError::usage(message));
        }
        resources.push((resource, amount.clone()));
    }
    Ok(Deployment {
        org: cluster.client.org().to_owned(),
        project: project.to_owned(),
        domain: domain.to_owned(),
        version: image.version.clone(),
        environment,
        resources,
        ..Deployment::default()
    })
}

/// Returns the specification of a task for a cluster.
pub(super) fn task_spec(
    program: &Program,
    task: &Task,
    deployment: &Deployment,
) -> Result<TaskSpec, CommandError> {
    let mut spec = program.spec(task)?;
    deployment.apply_to(&mut spec);
    Ok(spec)
}

/// Warns about secret requests that do not work on a cluster; fails if the task could not start.
pub(super) fn check_incompatibilities(tasks: &[&Task]) -> Result<(), CommandError> {
    for task in tasks {
        let requests: Vec<_> = task.secret_requests.iter().map(SecretRequest::request).collect();
        for incompatibility in incompatibilities(&requests) {
            let message = format!("task `{}`: {incompatibility}", task.name);
            if incompatibility.is_fatal() {
                return Err(CommandError::failure(message).with_hint(incompatibility.hint()));
            }
            terminal::warning(&message);
            terminal::hint(&incompatibility.hint());
        }
    }
    Ok(())
}

/// Returns the error of a run that did not succeed.
fn run_error(task: &str, outcome: &RunOutcome) -> CommandError {
    // The text of a pod has lines: the message, the causes and the hint.
    let reason = outcome.reason.as_deref().unwrap_or_default().trim();
    let reason = &*reason.lines().map(sanitize).collect::<Vec<_>>().join("\n");
    let result = match outcome.phase {
        ActionPhase::Aborted => "was aborted",
        ActionPhase::TimedOut => "timed out",
        _ => "failed",
    };
    // The errors of sealkit's own pods begin with the name of the task.
    let message = match reason {
        "" => format!("task `{task}` {result}"),
        reason if reason.starts_with("task `") => reason.to_owned(),
        reason => format!("task `{task}` {result}: {reason}"),
    };
    CommandError::failure(message)
}
