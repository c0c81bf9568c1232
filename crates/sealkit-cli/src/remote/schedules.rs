//! The triggers of deployed tasks: what a deployment does with them, and the commands that list, pause and resume them.

use std::borrow::Cow;

use sealkit_remote::{ErrorKind, TaskTrigger, Trigger, TriggerName, sanitize};
use serde::Serialize;

use super::Cluster;
use crate::{
    arguments::{GetTrigger, SetTrigger},
    error::CommandError,
    listing::{self, Row},
    terminal,
    time::display_time,
};

/// Returns the triggers of a project. A deployment without schedules does not need to know them.
pub(super) fn existing(
    cluster: &Cluster,
    project: &str,
    domain: &str,
    has_schedules: bool,
) -> Result<Vec<Trigger>, CommandError> {
    match cluster.wait(cluster.client.list_triggers(project, domain)) {
        Err(error) if error.kind() == ErrorKind::Unimplemented && !has_schedules => Ok(Vec::new()),
        Err(error) if !has_schedules => {
            terminal::warning(&format!(
                "cannot see whether tasks had schedules that they no longer have: {error}"
            ));
            Ok(Vec::new())
        }
        listed => listed.map_err(CommandError::from),
    }
}

/// Keeps paused triggers paused: the backend would resume them. Returns their names.
pub(super) fn keep_paused(triggers: &mut [TaskTrigger], task: &str, existing: &[Trigger]) -> Vec<String> {
    let mut paused = Vec::new();
    for trigger in triggers {
        let known =
            existing.iter().find(|known| known.name.task_name == task && known.name.name == trigger.name);
        let spec = trigger.spec.get_or_insert_default();
        spec.active = known.map_or(spec.active, |known| known.active);
        if !spec.active {
            paused.push(trigger.name.clone());
        }
    }
    paused
}

/// Reports the triggers of a deployed task.
pub(super) fn report(task: &str, count: usize, paused: &[String]) {
    match count {
        0 => {}
        1 => terminal::status(&format!("Task `{task}` has 1 schedule")),
        count => terminal::status(&format!("Task `{task}` has {count} schedules")),
    }
    for name in paused {
        terminal::note(&format!(
            "schedule `{name}` of task `{task}` is paused: sealkit resume trigger {task} {name}"
        ));
    }
}

/// Deletes the triggers of a task that has none any more: the backend would go on to start the old version.
pub(super) fn delete_removed(
    cluster: &Cluster,
    task: &str,
    existing: &[Trigger],
) -> Result<(), CommandError> {
    let of_task = existing.iter().filter(|trigger| trigger.name.task_name == task);
    let names: Vec<TriggerName> = of_task.map(|trigger| trigger.name.clone()).collect();
    if !names.is_empty() {
        let list: Vec<String> = names.iter().map(|name| format!("`{}`", sanitize(&name.name))).collect();
        cluster.wait(cluster.client.delete_triggers(names))?;
        terminal::status(&format!(
            "Deleted the schedules that task `{task}` no longer has: {}",
            list.join(", ")
        ));
    }
    Ok(())
}

/// `get trigger`: list the triggers of a project.
pub(crate) fn get(args: &GetTrigger) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.scope.cluster)?;
    let (project, domain) =
        cluster.project_and_domain(args.scope.project.as_deref(), args.scope.domain.as_deref())?;
    let mut triggers = cluster.wait(cluster.client.list_triggers(&project, &domain))?;
    triggers.retain(|trigger| args.task.as_ref().is_none_or(|task| trigger.name.task_name == *task));
    let rows: Vec<TriggerRow> = triggers.into_iter().map(TriggerRow).collect();
    let endpoint = &cluster.client.config().endpoint;
    let empty = format!("No triggers found in project `{project}`, domain `{domain}` on {endpoint}");
    listing::print(
        &rows,
        args.output,
        &empty,
        "declare one: #[task(schedule = Cron(\"0 9 * * *\"))], and deploy the task",
    )
}

/// `pause trigger` and `resume trigger`.
pub(crate) fn set_active(args: &SetTrigger, active: bool) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.scope.cluster)?;
    let (project, domain) =
        cluster.project_and_domain(args.scope.project.as_deref(), args.scope.domain.as_deref())?;
    let triggers = cluster.wait(cluster.client.list_triggers(&project, &domain))?;
    let of_task: Vec<&Trigger> =
        triggers.iter().filter(|trigger| trigger.name.task_name == args.task).collect();
    let is_meant = |trigger: &&&Trigger| args.name.as_ref().is_none_or(|name| trigger.name.name == *name);
    let meant: Vec<&&Trigger> = of_task.iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(not_found(args, &triggers, &of_task));
    }
    let names: Vec<TriggerName> = meant.iter().map(|trigger| trigger.name.clone()).collect();
    cluster.wait(cluster.client.set_active(names.clone(), active))?;
    let verb = if active { "Resumed" } else { "Paused" };
    for name in names {
        terminal::status(&format!("{verb} trigger `{}` of task `{}`", sanitize(&name.name), args.task));
    }
    Ok(())
}

fn not_found(args: &SetTrigger, all: &[Trigger], of_task: &[&Trigger]) -> CommandError {
    let (task, known): (_, Vec<&str>) = match &args.name {
        Some(name) if !of_task.is_empty() => (
            format!("task `{}` has no trigger `{}`", args.task, sealkit_names::escape(name)),
            of_task.iter().map(|trigger| &*trigger.name.name).collect(),
        ),
        _ => (
            format!("task `{}` has no triggers", sealkit_names::escape(&args.task)),
            all.iter().map(|trigger| &*trigger.name.task_name).collect(),
        ),
    };
    let meant = if of_task.is_empty() { &args.task } else { args.name.as_ref().unwrap_or(&args.task) };
    match sealkit_names::nearest(meant, known) {
        Some(near) => CommandError::failure(task).with_hint(format!("did you mean `{}`?", sanitize(near))),
        None => CommandError::failure(task).with_hint("list them: sealkit get trigger"),
    }
}

/// A trigger as a row.
struct TriggerRow(Trigger);

/// A trigger as JSON.
#[derive(Serialize)]
struct JsonTrigger<'a> {
    task: &'a str,
    name: &'a str,
    schedule: &'a str,
    active: bool,
    last_run: Option<String>,
}

impl Serialize for TriggerRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Trigger { name, active, schedule, triggered } = &self.0;
        let last_run = triggered.map(display_time);
        JsonTrigger { task: &name.task_name, name: &name.name, schedule, active: *active, last_run }
            .serialize(serializer)
    }
}

impl Row for TriggerRow {
    const TITLES: &'static [&'static str] = &["TASK", "NAME", "SCHEDULE", "STATE", "LAST RUN"];

    fn name(&self) -> String {
        format!("{} {}", sanitize(&self.0.name.task_name), sanitize(&self.0.name.name))
    }

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let Trigger { name, active, schedule, triggered } = &self.0;
        let state = if *active { "active" } else { "paused" };
        let last_run = triggered.map(display_time).unwrap_or_default();
        vec![
            sanitize(&name.task_name).into(),
            sanitize(&name.name).into(),
            sanitize(schedule).into(),
            state.into(),
            last_run.into(),
        ]
    }
}
