//! What can be typed.

mod cluster;
mod examples;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;
use sealkit_store::{Scope, SecretId, SecretType};

pub use self::cluster::{ClusterArguments, DockerArguments, ImageArguments, RemoteArguments};
use crate::{completion, fault::Fault};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "sealkit", bin_name = "sealkit", version, about = "Tasks and their secrets, on this machine and on a cluster", after_help = examples::MAIN)]
#[command(disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Store a new secret
    #[command(subcommand, after_help = examples::CREATE)]
    Create(CreateObject),
    /// Show the secrets, but not their values
    #[command(subcommand, after_help = examples::GET)]
    Get(GetObject),
    /// Change a secret, or the key of the store
    #[command(subcommand, after_help = examples::UPDATE)]
    Update(UpdateObject),
    /// Delete a secret
    #[command(subcommand, after_help = examples::DELETE)]
    Delete(DeleteObject),
    /// Run a task, with its secrets, in a process of its own or on a cluster
    #[cfg(target_os = "linux")]
    #[command(after_help = examples::RUN)]
    Run(Run),
    /// Make tasks known to a cluster, without running them
    #[cfg(target_os = "linux")]
    #[command(after_help = examples::DEPLOY)]
    Deploy(Deploy),
    /// Show what is recorded of the tasks of a program
    #[cfg(target_os = "linux")]
    #[command(after_help = examples::DESCRIBE)]
    Describe(Describe),
    /// Look for damage
    #[command(subcommand, after_help = examples::VERIFY)]
    Verify(VerifyObject),
    /// Print what makes a shell complete verbs, options and names
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// For this shell
        shell: Shell,
    },
    /// Write the man pages
    #[command(after_help = examples::MAN)]
    Man {
        /// Into this directory
        #[arg(value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// What can be created.
#[derive(Debug, Subcommand)]
pub enum CreateObject {
    /// Store a new secret, whose value is asked for
    #[command(after_help = examples::CREATE)]
    Secret(CreateSecret),
}

/// What can be shown.
#[derive(Debug, Subcommand)]
pub enum GetObject {
    /// Show secrets, but not their values
    #[command(after_help = examples::GET, visible_alias = "secrets")]
    Secret(GetSecret),
}

/// What can be changed.
#[derive(Debug, Subcommand)]
pub enum UpdateObject {
    /// Give a secret a new value, which is asked for
    #[command(after_help = examples::UPDATE)]
    Secret(Box<UpdateSecret>),
    /// Lock the key of the store by a passphrase, or change or remove that
    #[command(after_help = examples::UPDATE_KEY)]
    Key(UpdateKey),
}

/// What can be deleted.
#[derive(Debug, Subcommand)]
pub enum DeleteObject {
    /// Delete a secret with its versions
    #[command(after_help = examples::DELETE)]
    Secret(DeleteSecret),
}

/// What can be examined.
#[derive(Debug, Subcommand)]
pub enum VerifyObject {
    /// Read every version of every secret
    #[command(after_help = examples::VERIFY)]
    Store,
}

/// `create secret`.
#[derive(Debug, Args)]
pub struct CreateSecret {
    /// The name: letters, digits, `-` and `_`
    pub name: String,
    /// What a value may come from.
    #[command(flatten)]
    pub value: ValueArguments,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// What the secret is for
    #[arg(long, value_enum, default_value_t)]
    pub r#type: TypeArgument,
    /// Which credentials of registries.
    #[command(flatten)]
    pub docker: DockerArguments,
    /// Whether it is done on a cluster.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

impl CreateSecret {
    /// What the secret is for, as far as the other options tell.
    pub(crate) fn r#type(&self) -> TypeArgument {
        if self.docker.is_given() { TypeArgument::ImagePull } else { self.r#type }
    }
}

/// `get secret`.
#[derive(Debug, Args)]
pub struct GetSecret {
    /// Only this secret
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: Option<String>,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// Show the versions that are kept
    #[arg(long, requires = "name", conflicts_with = "remote")]
    pub history: bool,
    /// How it is shown
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputArgument,
    /// Whether it is done on a cluster.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

/// `update secret`.
#[derive(Debug, Args)]
pub struct UpdateSecret {
    /// The name
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: String,
    /// What a value may come from.
    #[command(flatten)]
    pub value: ValueArguments,
    /// Take the value that this version had
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["value", "value_file", "remote"])]
    pub restore: Option<u64>,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// Whether it is done on a cluster.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

/// `delete secret`.
#[derive(Debug, Args)]
pub struct DeleteSecret {
    /// The name
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: String,
    /// Where the secret is valid.
    #[command(flatten)]
    pub home: HomeArguments,
    /// Do not ask whether it is meant
    #[arg(short, long)]
    pub yes: bool,
    /// Whether it is done on a cluster.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

/// `update key`.
#[derive(Debug, Args)]
pub struct UpdateKey {
    /// Read the new passphrase from the first line of a file
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Store the key as it is, without a passphrase
    #[arg(long, conflicts_with = "passphrase_file")]
    pub remove_passphrase: bool,
}

/// What is run: `TARGET`, and how it is built.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// A `.rs` file, the name of a bin or example target, or the path of a program
    #[arg(value_hint = ValueHint::FilePath)]
    pub target: String,
    /// Build it optimized
    #[arg(short, long)]
    pub release: bool,
    /// Build it with these features
    #[arg(short = 'F', long)]
    pub features: Vec<String>,
    /// The package that has the target
    #[arg(long)]
    pub package: Option<String>,
}

/// `run`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Run {
    /// What is run.
    #[command(flatten)]
    pub target: TargetArguments,
    /// The task or workflow
    pub task: String,
    /// Its inputs, as --NAME VALUE
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "--INPUT VALUE")]
    pub inputs: Vec<OsString>,
    /// A value for this run alone: NAME=@FILE, NAME=env:VARIABLE, or NAME=- for standard input
    #[arg(long, value_name = "NAME=PLACE", conflicts_with = "remote")]
    pub secret: Vec<String>,
    /// Look for secrets of this domain first; on a cluster, run in it
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Look for secrets of this project of the domain first; on a cluster, run in it
    #[arg(short, long, add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// Set a variable of the tasks' environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<OsString>,
    /// Let the tasks have all of this environment
    #[arg(long, conflicts_with = "remote")]
    pub inherit_env: bool,
    /// Let debuggers look into the tasks
    #[arg(long, conflicts_with = "remote")]
    pub debuggable: bool,
    /// Do not mind that tasks have no secrets yet: here, those that a workflow may call
    #[arg(long)]
    pub skip_check: bool,
    /// Whether it is done on a cluster.
    #[command(flatten)]
    pub remote: RemoteArguments,
    /// What is only known of a cluster.
    #[command(flatten)]
    pub image: ImageArguments,
    /// Do not wait for the end: print the name of the run
    #[arg(long, requires = "remote", help_heading = "Cluster")]
    pub detach: bool,
}

/// `deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// What is deployed.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Only this task or workflow
    pub task: Option<String>,
    /// The domain
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// The project
    #[arg(short, long, add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// Set a variable of the tasks' environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<OsString>,
    /// What is only known of a cluster.
    #[command(flatten)]
    pub image: ImageArguments,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// `describe`.
#[derive(Debug, Args)]
pub struct Describe {
    /// What is described.
    #[command(flatten)]
    pub target: TargetArguments,
    /// Only this task
    pub task: Option<String>,
    /// Say of each secret where it would come from
    #[arg(long)]
    pub check: bool,
    /// Check for this domain
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Check for this project of the domain
    #[arg(short, long, requires = "domain", add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
    /// How it is shown
    #[arg(short, long, value_enum, default_value_t)]
    pub output: DescribeOutput,
}

/// How tasks are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, ValueEnum)]
pub enum DescribeOutput {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// Where a value comes from, if it is not asked for.
#[derive(Debug, Args)]
pub struct ValueArguments {
    /// The value itself, which then stands in the history of the shell and the list of processes
    #[arg(long, allow_hyphen_values = true, conflicts_with = "value_file")]
    pub value: Option<String>,
    /// A file that holds the value, byte for byte; `-` is standard input
    #[arg(short = 'f', long, visible_alias = "from-file", value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub value_file: Option<PathBuf>,
    /// Accept a value of no bytes
    #[arg(long)]
    pub allow_empty: bool,
    /// Nothing else is taken: it might be a value, and must not be repeated in an error.
    #[arg(hide = true)]
    pub surplus: Vec<OsString>,
}

/// Where a secret is valid, and its group.
#[derive(Debug, Args)]
pub struct HomeArguments {
    /// The group
    #[arg(long, add = ArgValueCandidates::new(completion::groups))]
    pub group: Option<String>,
    /// Only in this domain
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Only in this project of the domain
    #[arg(short, long, requires = "domain", add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
}

impl HomeArguments {
    /// The scope; global if there is none.
    ///
    /// # Errors
    ///
    /// A bad name.
    pub(crate) fn scope(&self) -> Result<Scope, Fault> {
        Ok(Scope::new(self.domain.as_deref(), self.project.as_deref())?)
    }

    /// The secret `name` here.
    ///
    /// # Errors
    ///
    /// A bad name.
    pub(crate) fn id(&self, name: &str) -> Result<SecretId, Fault> {
        Ok(SecretId::new(self.scope()?, self.group.as_deref(), name)?)
    }
}

/// What a secret is for; the other words are those of `flyte` and `union`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum TypeArgument {
    /// Anything that a task reads
    #[default]
    #[value(alias = "regular")]
    Generic,
    /// The credentials of a container registry
    #[value(aliases = ["image_pull", "image-pull-secret"])]
    ImagePull,
}

impl From<TypeArgument> for SecretType {
    fn from(r#type: TypeArgument) -> Self {
        match r#type {
            TypeArgument::Generic => Self::Generic,
            TypeArgument::ImagePull => Self::ImagePull,
        }
    }
}

/// How secrets are listed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum OutputArgument {
    /// Columns for people
    #[default]
    Table,
    /// An array of objects
    Json,
    /// One name, or GROUP/NAME, to a line
    Name,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}
