//! The arguments of `logs`, `get run`, `abort run`, and of the commands for triggers.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;

use super::{ClusterArguments, OutputArgument};
use crate::{completion, history};

/// The reason of an abort that the user gives no reason for.
pub(crate) const ABORT_REASON: &str = "aborted from the command line";

/// The project and the domain of a run.
#[derive(Debug, Args)]
pub struct RunScopeArguments {
    /// Domain of the run [default: as configured]
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Project of the run [default: as configured]
    #[arg(short, long, add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The arguments of `logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// Name of the run, as `sealkit get run` lists it
    ///
    /// A name that begins with `local-` is a run on this machine.
    #[arg(add = ArgValueCandidates::new(completion::local_runs))]
    pub run: String,
    /// Print only the logs of this task
    ///
    /// `t1` is every call of the task, `t1[2]` its second one. The name of an
    /// action works too.
    #[arg(verbatim_doc_comment)]
    pub task: Option<String>,
    /// Print new lines until the run ends
    #[arg(short, long)]
    pub follow: bool,
    /// Output format: text, raw or json
    ///
    /// `text` prints the name of the task before each line, `raw` prints the
    /// lines alone, and `json` prints one object per line.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(verbatim_doc_comment)]
    pub output: LogsOutput,
    /// The project, the domain and the cluster.
    #[command(flatten)]
    pub scope: RunScopeArguments,
}

impl Logs {
    /// Returns whether the run was on this machine.
    pub(crate) fn is_local(&self) -> bool {
        history::is_local_name(&self.run)
    }
}

/// The output format of `logs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogsOutput {
    /// The name of the task, and the line
    #[default]
    Text,
    /// The line alone
    Raw,
    /// One JSON object per line
    Json,
}

/// The arguments of `get run`.
#[derive(Debug, Args)]
pub struct GetRun {
    /// Show the actions of this run
    ///
    /// A name that begins with `local-` is a run on this machine.
    #[arg(add = ArgValueCandidates::new(completion::local_runs))]
    pub run: Option<String>,
    /// List the runs on this machine
    #[arg(long, conflicts_with_all = ["domain", "project", "config", "endpoint", "insecure", "auth_type", "org"])]
    pub local: bool,
    /// Number of runs to list
    #[arg(long, default_value_t = NonZeroUsize::MIN.saturating_add(19), value_name = "COUNT", conflicts_with = "run")]
    pub limit: NonZeroUsize,
    /// Output format: table, json or name
    ///
    /// `table` prints columns, `json` prints everything that is known, and
    /// `name` prints one name per line.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(verbatim_doc_comment)]
    pub output: OutputArgument,
    /// The project, the domain and the cluster.
    #[command(flatten)]
    pub scope: RunScopeArguments,
}

impl GetRun {
    /// Returns whether the runs are those on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.local || self.run.as_deref().is_some_and(history::is_local_name)
    }
}

/// The arguments of `get trigger`.
#[derive(Debug, Args)]
pub struct GetTrigger {
    /// List only the schedules of this task
    pub task: Option<String>,
    /// Output format: table, json or name
    ///
    /// `table` prints columns, `json` prints everything that is known, and
    /// `name` prints one task and name per line.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(verbatim_doc_comment)]
    pub output: OutputArgument,
    /// The project, the domain and the cluster.
    #[command(flatten)]
    pub scope: RunScopeArguments,
}

/// The arguments of `pause trigger` and `resume trigger`.
#[derive(Debug, Args)]
pub struct SetTrigger {
    /// Task of the schedules
    pub task: String,
    /// Name of the schedule; without it, all schedules of the task
    pub name: Option<String>,
    /// The project, the domain and the cluster.
    #[command(flatten)]
    pub scope: RunScopeArguments,
}

/// The arguments of `abort run`.
#[derive(Debug, Args)]
pub struct AbortRun {
    /// Name of the run
    pub run: String,
    /// Reason that the console shows
    #[arg(long, hide_default_value = true, default_value = ABORT_REASON)]
    pub reason: String,
    /// Abort without asking for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// The project, the domain and the cluster.
    #[command(flatten)]
    pub scope: RunScopeArguments,
}
