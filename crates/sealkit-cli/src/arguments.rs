//! The command line: commands, arguments and their help.

mod cluster;
mod config;
mod deferred;
mod help;
mod image;
mod parse;
mod program;
mod runs;
mod secret;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use self::image::BuildImage;
pub use self::program::{Deploy, Describe, DescribeOutput, GraphFormat, New, Run, TargetArguments};
pub use self::{
    cluster::{ClusterArguments, ImageArguments, RemoteArguments},
    config::{ConfigOutput, CreateConfig, GetConfig},
    deferred::Deferred,
    runs::{AbortRun, GetRun, GetTrigger, Logs, LogsOutput, RunScopeArguments, SetTrigger},
    secret::{
        CreateSecret, DeleteSecret, DockerArguments, GetSecret, OutputArgument, PushSecret, ScopeArguments,
        TypeArgument, UpdateSecret, ValueArguments,
    },
};

pub(crate) use self::runs::ABORT_REASON;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "sealkit", bin_name = "sealkit", version, about = help::ABOUT, after_long_help = help::MAIN)]
#[command(disable_help_subcommand = true)]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub verb: Verb,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Create a secret, or the configuration of a cluster
    #[command(subcommand, after_long_help = help::CREATE)]
    Create(Deferred<CreateObject>),
    /// List secrets without their values, or runs on a cluster
    #[command(subcommand, after_long_help = help::GET)]
    Get(Deferred<GetObject>),
    /// Update a secret, or the passphrase of the store's key
    #[command(subcommand, after_long_help = help::UPDATE)]
    Update(Deferred<UpdateObject>),
    /// Delete a secret, or the cached results of tasks
    #[command(subcommand, after_long_help = help::DELETE)]
    Delete(Deferred<DeleteObject>),
    /// Copy secrets of the local store to a cluster
    #[command(subcommand, after_long_help = help::PUSH)]
    Push(Deferred<PushObject>),
    /// Create a package with a task and a workflow
    #[command(after_long_help = help::NEW)]
    New(Deferred<New>),
    /// Run a task or workflow, locally or on a cluster
    #[command(after_help = help::RUN_SHORT, after_long_help = help::RUN)]
    #[command(override_usage = "sealkit run [OPTIONS] <TARGET> <TASK> [--INPUT VALUE]...")]
    Run(Deferred<Run>),
    /// Register tasks on a cluster without running them
    #[command(after_help = help::DEPLOY_SHORT, after_long_help = help::DEPLOY)]
    Deploy(Deferred<Deploy>),
    /// Build a container image of a program
    #[command(subcommand, after_long_help = help::BUILD)]
    Build(Deferred<BuildObject>),
    /// Show the tasks of a program and the secrets they request
    #[command(after_long_help = help::DESCRIBE)]
    Describe(Deferred<Describe>),
    /// Print the logs of a run
    #[command(after_help = help::LOGS_SHORT, after_long_help = help::LOGS)]
    Logs(Deferred<Logs>),
    /// Pause a schedule of a deployed task
    #[command(subcommand, after_long_help = help::PAUSE)]
    Pause(Deferred<PauseObject>),
    /// Resume a schedule of a deployed task
    #[command(subcommand, after_long_help = help::RESUME)]
    Resume(Deferred<ResumeObject>),
    /// Abort a run on a cluster
    #[command(subcommand, after_long_help = help::ABORT)]
    Abort(Deferred<AbortObject>),
    /// Check the store for corrupt files
    #[command(subcommand, after_long_help = help::VERIFY)]
    Verify(Deferred<VerifyObject>),
    /// Write all secrets to one file, encrypted with a passphrase
    #[command(subcommand, after_long_help = help::EXPORT)]
    Export(Deferred<ExportObject>),
    /// Read the secrets of such a file
    #[command(subcommand, after_long_help = help::IMPORT)]
    Import(Deferred<ImportObject>),
    /// Print a shell completion script
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// Shell that the script is for
        shell: Shell,
    },
    /// Write the man pages
    #[command(after_long_help = help::MAN)]
    Man {
        /// Directory to write the pages into; created if it does not exist
        #[arg(value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// An object of `create`.
#[derive(Debug, Subcommand)]
pub enum CreateObject {
    /// Create a secret
    ///
    /// Prompts for the value, without echo. With --value, --value-file or registry
    /// options, reads the value from there.
    #[command(after_help = help::CREATE_SECRET_SHORT, after_long_help = help::CREATE, verbatim_doc_comment)]
    Secret(Box<CreateSecret>),
    /// Write the configuration file of a cluster
    #[command(after_long_help = help::CREATE_CONFIG)]
    Config(CreateConfig),
}

/// An object of `get`.
#[derive(Debug, Subcommand)]
pub enum GetObject {
    /// List secrets without their values
    ///
    /// Values are never printed: only tasks can read them.
    #[command(after_help = help::GET_SECRET_SHORT, after_long_help = help::GET, visible_alias = "secrets")]
    Secret(GetSecret),
    /// List the runs of a project or this machine, or show one
    #[command(after_help = help::GET_RUN_SHORT, after_long_help = help::GET_RUN, visible_alias = "runs")]
    Run(GetRun),
    /// List the schedules of deployed tasks
    #[command(after_help = help::GET_TRIGGER_SHORT, after_long_help = help::GET_TRIGGER, visible_alias = "triggers")]
    Trigger(GetTrigger),
    /// Show which configuration is in effect, and where it comes from
    #[command(after_help = help::GET_CONFIG_SHORT, after_long_help = help::GET_CONFIG)]
    Config(GetConfig),
}

/// An object of `update`.
#[derive(Debug, Subcommand)]
pub enum UpdateObject {
    /// Store a new version of a secret
    ///
    /// Prompts for the value, without echo. With --value, --value-file or --restore,
    /// reads the value from there.
    #[command(after_help = help::UPDATE_SECRET_SHORT, after_long_help = help::UPDATE, verbatim_doc_comment)]
    Secret(Box<UpdateSecret>),
    /// Set, change or remove the passphrase of the store's key
    #[command(after_long_help = help::UPDATE_KEY)]
    Key(UpdateKey),
}

/// An object of `delete`.
#[derive(Debug, Subcommand)]
pub enum DeleteObject {
    /// Delete a secret and all its versions
    #[command(after_help = help::DELETE_SECRET_SHORT, after_long_help = help::DELETE)]
    Secret(DeleteSecret),
    /// Delete the cached results of local runs
    #[command(after_long_help = help::DELETE_CACHE)]
    Cache {
        /// Task, of any program; without it, the results of all tasks
        task: Option<String>,
    },
}

/// An object of `pause`.
#[derive(Debug, Subcommand)]
pub enum PauseObject {
    /// Pause the schedules of a deployed task, or one of them
    #[command(after_help = help::PAUSE_SHORT, after_long_help = help::PAUSE)]
    Trigger(SetTrigger),
}

/// An object of `resume`.
#[derive(Debug, Subcommand)]
pub enum ResumeObject {
    /// Resume the schedules of a deployed task, or one of them
    #[command(after_help = help::RESUME_SHORT, after_long_help = help::RESUME)]
    Trigger(SetTrigger),
}

/// An object of `push`.
#[derive(Debug, Subcommand)]
pub enum PushObject {
    /// Copy secrets of the local store to a cluster
    ///
    /// Asks before values are sent. A secret that the cluster has is replaced.
    #[command(after_help = help::PUSH_SECRET_SHORT, after_long_help = help::PUSH)]
    Secret(PushSecret),
}

/// An object of `build`.
#[derive(Debug, Subcommand)]
pub enum BuildObject {
    /// Build a container image of a program, and push it to a registry
    ///
    /// Needs no Docker: the image has one layer, with the program, the root
    /// certificates of this machine and /tmp. The program is linked statically.
    #[command(after_help = help::BUILD_SHORT, after_long_help = help::BUILD, verbatim_doc_comment)]
    Image(BuildImage),
}

/// An object of `abort`.
#[derive(Debug, Subcommand)]
pub enum AbortObject {
    /// Abort a run and all its actions
    #[command(after_help = help::ABORT_RUN_SHORT, after_long_help = help::ABORT)]
    Run(AbortRun),
}

/// An object of `verify`.
#[derive(Debug, Subcommand)]
pub enum VerifyObject {
    /// Decrypt every version of every secret and report corrupt files
    #[command(after_long_help = help::VERIFY)]
    Store,
}

/// An object of `export`.
#[derive(Debug, Subcommand)]
pub enum ExportObject {
    /// Write all secrets of the local store to one file
    ///
    /// The file has the latest value of each secret, and is encrypted with a
    /// passphrase. It needs neither the store nor its key.
    #[command(after_long_help = help::EXPORT, verbatim_doc_comment)]
    Store(ExportStore),
}

/// The arguments of `export store`.
#[derive(Debug, Args)]
pub struct ExportStore {
    /// File to write; it must not exist
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Read the passphrase from a file
    ///
    /// Only the first line of the file is read.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

/// An object of `import`.
#[derive(Debug, Subcommand)]
pub enum ImportObject {
    /// Create the secrets of an exported file in the local store
    ///
    /// If one of them has another value there, none is imported.
    #[command(after_long_help = help::IMPORT, verbatim_doc_comment)]
    Store(ImportStore),
}

/// The arguments of `import store`.
#[derive(Debug, Args)]
pub struct ImportStore {
    /// File to read
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Replace the values of secrets that differ
    #[arg(long)]
    pub replace: bool,
    /// Read the passphrase from a file
    ///
    /// Only the first line of the file is read.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

/// The arguments of `update key`.
#[derive(Debug, Args)]
pub struct UpdateKey {
    /// Read the new passphrase from a file
    ///
    /// Only the first line of the file is read.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Remove the passphrase: store the key unencrypted
    #[arg(long, conflicts_with = "passphrase_file")]
    pub remove_passphrase: bool,
}

/// A shell with a completion script.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(missing_docs, reason = "the names of the variants are the names of the shells")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}
