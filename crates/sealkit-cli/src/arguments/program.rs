//! The arguments of `run`, `deploy`, `describe` and `new`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;

use super::{ClusterArguments, ImageArguments, RemoteArguments, cluster::require_remote};
use crate::{completion, error::CommandError};

/// The program, and how to build it.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// Rust source file, bin or example target, or program
    #[arg(value_hint = ValueHint::FilePath)]
    pub target: String,
    /// Build with optimizations
    #[arg(short, long)]
    pub release: bool,
    /// Build with these Cargo features
    #[arg(short = 'F', long)]
    pub features: Vec<String>,
    /// Package that contains the target
    #[arg(long)]
    pub package: Option<String>,
    /// Directory of the crate `sealkit`, for a file without a package
    ///
    /// The default is `SEALKIT_SOURCE`, or the sources that this command was
    /// built from.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath, hide_short_help = true, verbatim_doc_comment)]
    pub sealkit: Option<PathBuf>,
}

/// The arguments of `run`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Run {
    /// The program.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Task and its inputs; without it, the tasks are listed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "TASK")]
    pub task: Vec<OsString>,
    /// Read inputs from a JSON or YAML file
    ///
    /// The file is a map from inputs to values; - is standard input. Inputs
    /// that are null are left out, and inputs after TASK are added.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, verbatim_doc_comment)]
    pub inputs_file: Option<PathBuf>,
    /// Copy the files of the output into a directory
    ///
    /// Without it, they are removed with the run.
    #[arg(long, value_name = "DIR", conflicts_with = "remote", value_hint = ValueHint::DirPath, verbatim_doc_comment)]
    pub outputs: Option<PathBuf>,
    /// Read a secret from @FILE, env:VARIABLE or -
    ///
    /// The value is used for this run only; `-` is standard input. For a
    /// secret with a group, write GROUP/NAME=SOURCE.
    #[arg(long, value_name = "NAME=SOURCE", conflicts_with = "remote", verbatim_doc_comment)]
    pub secret: Vec<String>,
    /// Read secrets and variables from a file
    ///
    /// Each line is NAME=VALUE. A secret goes only to the tasks that request
    /// it, every other variable is set for all tasks.
    #[arg(
        long, value_name = "PATH", conflicts_with = "remote", value_hint = ValueHint::FilePath,
        verbatim_doc_comment
    )]
    pub env_file: Option<PathBuf>,
    /// Domain of the run: its secrets take precedence
    ///
    /// With --remote, the default is that of the configuration file.
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Project of the run: its secrets take precedence
    ///
    /// With --remote, the default is that of the configuration file.
    #[arg(short, long, add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// Set an environment variable of the tasks
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<OsString>,
    /// Pass standard input to TASK; otherwise its standard input is empty
    #[arg(long, conflicts_with = "remote", hide_short_help = true)]
    pub stdin: bool,
    /// Pass the whole environment of this command to the tasks
    #[arg(long, conflicts_with = "remote", hide_short_help = true)]
    pub inherit_env: bool,
    /// Allow debuggers to attach to the run and its tasks, and core files
    #[arg(long, conflicts_with = "remote", hide_short_help = true)]
    pub debuggable: bool,
    /// Isolate the tasks only as far as systems other than Linux can, for tests
    #[arg(long, conflicts_with = "remote", hide = true)]
    pub process_isolation: bool,
    /// Time to end after SIGTERM, before a task is killed
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "30s", conflicts_with = "remote", hide_short_help = true)]
    pub grace_period: Duration,
    /// Skip the check that every secret exists
    ///
    /// Without --remote, the secrets of TASK itself are still checked.
    #[arg(long, verbatim_doc_comment, hide_short_help = true)]
    pub skip_check: bool,
    /// Run tasks again although their results are cached
    ///
    /// Without --remote, the new results replace the cached ones.
    #[arg(long, verbatim_doc_comment, hide_short_help = true)]
    pub no_cache: bool,
    /// Do not record the run for `sealkit get run` and `sealkit logs`
    #[arg(long, conflicts_with = "remote", hide_short_help = true)]
    pub no_history: bool,
    /// Write an HTML page with the tasks, their times, values and logs
    #[arg(long, value_name = "PATH", conflicts_with_all = ["remote", "no_history"], hide_short_help = true)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Print how long each step of the run takes
    #[arg(long, conflicts_with = "remote", hide_short_help = true)]
    pub timings: bool,
    /// The cluster, if any.
    #[command(flatten)]
    pub remote: RemoteArguments,
    /// The image and the resources of the pods.
    #[command(flatten)]
    pub image: ImageArguments,
    /// Run a deployed task: TARGET is its name
    ///
    /// NAME:VERSION is a version of it, and NAME the latest one. The inputs
    /// follow the name. No program is needed.
    #[arg(
        long, help_heading = "Cluster", verbatim_doc_comment,
        conflicts_with_all = [
            "release", "features", "package", "sealkit", "env", "no_cache", "image", "registry", "base_image", "platform",
            "program", "version", "cpu", "memory", "gpu",
        ]
    )]
    pub deployed: bool,
    /// Print the name of the run instead of waiting for its end
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub detach: bool,
    /// Print the events of the cluster as it reports them
    #[arg(short, long, help_heading = "Cluster", hide_short_help = true)]
    pub verbose: bool,
}

impl Run {
    /// Returns whether the task runs on a cluster.
    ///
    /// # Errors
    ///
    /// Returns an error if there is an option for a cluster but no `--remote`.
    pub(crate) fn is_remote(&self) -> Result<bool, CommandError> {
        let is_remote = self.remote.is_enabled()?;
        if !is_remote {
            if self.deployed && self.task.iter().any(|argument| argument == "--remote") {
                return Err(CommandError::usage("`--remote` is an option of `sealkit run`, not an input")
                    .with_hint("write it first: sealkit run --remote --deployed NAME [--INPUT VALUE ...]"));
            }
            self.image.require_remote()?;
            let Self { deployed, detach, verbose, .. } = self;
            require_remote(&[("deployed", *deployed), ("detach", *detach), ("verbose", *verbose)])?;
        }
        Ok(is_remote)
    }
}

/// The arguments of `deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The program.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Register only this task or workflow
    pub task: Option<String>,
    /// Domain to register the tasks in
    ///
    /// The default is that of the configuration file.
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Project to register the tasks in
    ///
    /// The default is that of the configuration file.
    #[arg(short, long, add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// Set an environment variable of the tasks
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<OsString>,
    /// Replace versions that are already deployed
    #[arg(long)]
    pub force: bool,
    /// The image and the resources of the pods.
    #[command(flatten)]
    pub image: ImageArguments,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The arguments of `describe`.
#[derive(Debug, Args)]
pub struct Describe {
    /// The program.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Show only this task or workflow
    pub task: Option<String>,
    /// Check that every secret exists, and show its source
    #[arg(long)]
    pub check: bool,
    /// Print a picture of the tasks: svg, mermaid or html
    ///
    /// It shows calls, and the secrets that each task may read. `svg` is an
    /// image, `mermaid` the text of a flowchart, and `html` a page with a
    /// table.
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with_all = ["check", "output"])]
    #[arg(hide_possible_values = true, verbatim_doc_comment)]
    pub graph: Option<GraphFormat>,
    /// Domain to check the secrets for
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Project to check the secrets for; requires --domain
    #[arg(short, long, requires = "domain", add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// Output format: table or json
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    pub output: DescribeOutput,
}

/// The output format of `describe`.
#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
pub enum DescribeOutput {
    /// Text
    #[default]
    Table,
    /// A JSON array of objects
    Json,
}

/// The format of `describe --graph`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// An image
    Svg,
    /// The text of a flowchart
    Mermaid,
    /// A page
    Html,
}

/// The arguments of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// Directory to create; the package is named after it
    #[arg(value_name = "NAME", value_hint = ValueHint::Other)]
    pub path: PathBuf,
    /// Directory of the crate `sealkit` to depend on
    ///
    /// The default is `SEALKIT_SOURCE`, or the sources that this command was
    /// built from.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath, verbatim_doc_comment)]
    pub sealkit: Option<PathBuf>,
}
