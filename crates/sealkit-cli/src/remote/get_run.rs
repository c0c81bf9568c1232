//! `get run`: list the runs of a project, or show the actions of one.

use std::borrow::Cow;

use sealkit_remote::{RunSummary, sanitize};
use serde::Serialize;

use super::{
    Cluster, run_report,
    run_status::{JsonStatus, status_cells},
};
use crate::{
    arguments::GetRun,
    error::CommandError,
    listing::{self, Row},
};

pub(crate) fn get_run(args: &GetRun) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.scope.cluster);
    let Some(name) = &args.run else { return list(&cluster.map_err(with_local_runs)?, args) };
    let cluster = cluster?;
    run_report::print(&cluster, &cluster.run_id(&args.scope, name)?, args.output)
}

/// Adds the command that needs no cluster to an error.
fn with_local_runs(error: CommandError) -> CommandError {
    let others = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    error.with_hint(format!("list the runs of this machine: sealkit get run --local{others}"))
}

fn list(cluster: &Cluster, args: &GetRun) -> Result<(), CommandError> {
    let (project, domain) =
        cluster.project_and_domain(args.scope.project.as_deref(), args.scope.domain.as_deref())?;
    let runs = cluster.wait(cluster.client.list_runs(&project, &domain, args.limit.get()))?;
    let rows: Vec<RunRow> = runs.into_iter().map(RunRow).collect();
    let empty = format!(
        "No runs found in project `{project}`, domain `{domain}` on {}",
        cluster.client.config().endpoint
    );
    listing::print(&rows, args.output, &empty, "start one: sealkit run --remote TARGET TASK")
}

/// A run in a list, as a row.
struct RunRow(RunSummary);

/// A run in a list, as JSON.
#[derive(Serialize)]
struct JsonRun<'a> {
    name: &'a str,
    task: &'a str,
    #[serde(flatten)]
    status: JsonStatus,
}

impl Serialize for RunRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RunSummary { name, task, status } = &self.0;
        JsonRun { name, task, status: (*status).into() }.serialize(serializer)
    }
}

impl Row for RunRow {
    const TITLES: &'static [&'static str] = &["NAME", "TASK", "PHASE", "STARTED", "DURATION"];

    fn name(&self) -> String {
        sanitize(&self.0.name)
    }

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let RunSummary { name, task, status } = &self.0;
        let [phase, started, duration] = status_cells(status);
        vec![sanitize(name).into(), sanitize(task).into(), phase, started, duration]
    }
}
