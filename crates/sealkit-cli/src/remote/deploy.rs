//! `deploy`: register tasks on a cluster.

use sealkit_program::{Task, TaskSpec, triggers};
use sealkit_remote::{Difference, TaskIdentifier, difference, sanitize};

use super::{Cluster, ignored, run as remote_run, schedules, source::Source};
use crate::{arguments::Deploy, error::CommandError, prompt, terminal};

pub(crate) fn deploy(args: &Deploy) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.cluster)?;
    let (project, domain) = cluster.project_and_domain(args.project.as_deref(), args.domain.as_deref())?;
    let mut deployment = remote_run::deployment(&cluster, &args.image, &args.env, &project, &domain)?;
    let source = Source::open(&cluster, &args.target, &args.image)?;
    let program = source.program();
    let tasks: Vec<&Task> = match &args.task {
        Some(name) => vec![of_program(program.task(name)?)?],
        None => program.tasks().iter().filter(|task| task.deployed.is_none()).collect(),
    };
    if tasks.is_empty() && !program.tasks().is_empty() {
        return Err(CommandError::usage(
            "nothing to deploy: all tasks of the program refer to deployed tasks",
        )
        .with_hint("run one: sealkit run --remote TARGET TASK"));
    }
    remote_run::check_incompatibilities(&tasks)?;
    ignored::warn(program, &tasks, None, false);
    source.deliver(&cluster, &mut deployment)?;
    let mut deployed = Vec::new();
    for task in tasks {
        let spec = remote_run::task_spec(program, task, &deployment)?;
        deployed.push((triggers(task, &spec), spec));
    }
    let specs = deployed.iter().map(|(_, spec)| spec);
    let unchanged = if args.force { Vec::new() } else { check_registered(&cluster, specs)? };
    let place = format!("project `{project}`, domain `{domain}`");
    let has_schedules = deployed.iter().any(|(triggers, _)| !triggers.is_empty());
    let existing = schedules::existing(&cluster, &project, &domain, has_schedules)?;
    for (mut triggers, spec) in deployed {
        let id = spec.id();
        let paused = schedules::keep_paused(&mut triggers, &id.name, &existing);
        let schedules = triggers.len();
        // A trigger starts the version that it was deployed with last.
        if unchanged.contains(&id.name) && triggers.is_empty() {
            terminal::status(&format!("Task `{}` is already deployed to {place}", id.name));
        } else {
            cluster.wait(cluster.client.deploy(spec, triggers))?;
            terminal::status(&format!("Deployed task `{}` to {place}", id.name));
        }
        schedules::report(&id.name, schedules, &paused);
        if schedules == 0 {
            schedules::delete_removed(&cluster, &id.name, &existing)?;
        }
        terminal::print(&format!("{} {}\n", id.name, id.version))?;
    }
    Ok(())
}

/// Returns the task, unless it only refers to a deployed one.
fn of_program(task: &Task) -> Result<&Task, CommandError> {
    let Some(deployed) = &task.deployed else { return Ok(task) };
    let name = &task.name;
    Err(CommandError::usage(format!("cannot deploy task `{name}`: it refers to deployed task `{deployed}`"))
        .with_hint(format!("run it: sealkit run --remote TARGET {name}")))
}

/// Returns the names of the tasks that are already registered as they are. Asks before another one is replaced: the backend does not.
fn check_registered<'s>(
    cluster: &Cluster,
    specs: impl Iterator<Item = &'s TaskSpec>,
) -> Result<Vec<String>, CommandError> {
    let (mut unchanged, mut replaced) = (Vec::new(), Vec::new());
    for spec in specs {
        let id = spec.id();
        let Some(registered) = cluster.wait(cluster.client.registered_task(id.clone()))? else { continue };
        match difference(&registered.spec, spec) {
            None => unchanged.push(id.name),
            Some(difference) => replaced.push(describe(&id, &difference)),
        }
    }
    if replaced.is_empty() {
        return Ok(unchanged);
    }
    let message = format!("{}; nothing was deployed", replaced.join("; "));
    if !terminal::stdin_is_terminal() {
        return Err(CommandError::failure(message)
            .with_hint("choose another version with --version, or replace it with --force"));
    }
    for replaced in &replaced {
        terminal::warning(replaced);
    }
    let question = if replaced.len() == 1 { "Replace it?" } else { "Replace them?" };
    if prompt::confirm(question)? {
        Ok(unchanged)
    } else {
        Err(CommandError::failure("nothing was deployed"))
    }
}

fn describe(id: &TaskIdentifier, difference: &Difference) -> String {
    let other = match difference {
        Difference::Image(image) => format!("with image `{}`", sanitize(image)),
        _ => "with another specification".to_owned(),
    };
    format!("version `{}` of task `{}` is already deployed {other}", id.version, id.name)
}
