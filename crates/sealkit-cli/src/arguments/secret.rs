//! The arguments of `create`, `get`, `update` and `delete secret`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;
use sealkit_store::{Scope, SecretId, SecretType};

use super::{ClusterArguments, RemoteArguments};
use crate::{completion, error::CommandError};

/// The arguments of `create secret`.
#[derive(Debug, Args)]
#[command(
    override_usage = "sealkit create secret [OPTIONS] <NAME>\n       sealkit create secret [OPTIONS] --from-env-file <PATH>"
)]
pub struct CreateSecret {
    /// Name of the secret: 1 to 128 letters, digits, `-` and `_`
    #[arg(required_unless_present = "from_env_file")]
    pub name: Option<String>,
    /// The source of the value.
    #[command(flatten)]
    pub value: ValueArguments,
    /// Create one for each line NAME=VALUE of a file
    ///
    /// All of them are created, or none. The file is written like that of
    /// `sealkit run --env-file`.
    #[arg(
        verbatim_doc_comment,
        long, value_name = "PATH", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["name", "value", "value_file", "from_docker_config", "registry"]
    )]
    pub from_env_file: Option<PathBuf>,
    /// The group and the scope of the secret.
    #[command(flatten)]
    pub scope: ScopeArguments,
    /// Type of the secret
    #[arg(long, value_enum, default_value_t, help_heading = "Registries", hide_short_help = true)]
    pub r#type: TypeArgument,
    /// The source of registry credentials.
    #[command(flatten)]
    pub docker: DockerArguments,
    /// The cluster, if any.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

impl CreateSecret {
    /// Returns the type of the secret: registry credentials are always of type `image-pull`.
    pub(crate) fn r#type(&self) -> TypeArgument {
        if self.docker.is_used() { TypeArgument::ImagePull } else { self.r#type }
    }
}

/// The arguments of `get secret`.
#[derive(Debug, Args)]
pub struct GetSecret {
    /// Show only the secret with this name
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: Option<String>,
    /// The group and the scope to list.
    #[command(flatten)]
    pub scope: ScopeArguments,
    /// Show all stored versions of the secret
    #[arg(long, requires = "name", conflicts_with = "remote")]
    pub history: bool,
    /// Output format: table, json or name
    ///
    /// `table` prints the columns below, `json` an array of objects, and
    /// `name` one NAME or GROUP/NAME per line.
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(verbatim_doc_comment)]
    pub output: OutputArgument,
    /// The cluster, if any.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

/// The arguments of `update secret`.
#[derive(Debug, Args)]
pub struct UpdateSecret {
    /// Name of the secret
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: String,
    /// The source of the value.
    #[command(flatten)]
    pub value: ValueArguments,
    /// Store the value of this version again
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["value", "value_file", "remote"])]
    pub restore: Option<u64>,
    /// The group and the scope of the secret.
    #[command(flatten)]
    pub scope: ScopeArguments,
    /// The cluster, if any.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

/// The arguments of `delete secret`.
#[derive(Debug, Args)]
pub struct DeleteSecret {
    /// Name of the secret
    #[arg(add = ArgValueCandidates::new(completion::names))]
    pub name: String,
    /// The group and the scope of the secret.
    #[command(flatten)]
    pub scope: ScopeArguments,
    /// Delete without asking for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// The cluster, if any.
    #[command(flatten)]
    pub remote: RemoteArguments,
}

/// The arguments of `push secret`.
#[derive(Debug, Args)]
pub struct PushSecret {
    /// Names of the secrets
    #[arg(required = true, value_name = "NAME", add = ArgValueCandidates::new(completion::names))]
    pub names: Vec<String>,
    /// The group and the scope of the secrets.
    #[command(flatten)]
    pub scope: ScopeArguments,
    /// Send without asking for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The source of a value; without any of them, the command prompts for it.
#[derive(Debug, Args)]
pub struct ValueArguments {
    /// Value; visible in process lists and shell history
    #[arg(long, allow_hyphen_values = true, conflicts_with = "value_file")]
    pub value: Option<String>,
    /// Read the value from a file; `-` is standard input
    ///
    /// Every byte is part of the value, also a line break at the end.
    /// `--from-file` is an alias.
    #[arg(short = 'f', long, alias = "from-file", value_name = "PATH", value_hint = ValueHint::FilePath)]
    #[arg(verbatim_doc_comment)]
    pub value_file: Option<PathBuf>,
    /// Accept an empty value
    #[arg(long)]
    pub allow_empty: bool,
    /// Further arguments, to refuse them: clap would repeat them in its error, and one may be a value.
    #[arg(hide = true)]
    pub surplus: Vec<OsString>,
}

/// The group and the scope of a secret.
#[derive(Debug, Args)]
pub struct ScopeArguments {
    /// Group of the secret [default: no group]
    #[arg(long, add = ArgValueCandidates::new(completion::groups))]
    pub group: Option<String>,
    /// Domain of the secret [default: every domain]
    #[arg(short, long, add = ArgValueCandidates::new(completion::domains))]
    pub domain: Option<String>,
    /// Project of the secret; requires --domain
    ///
    /// By default, the secret is valid in every project of the domain.
    #[arg(short, long, add = ArgValueCandidates::new(completion::projects))]
    pub project: Option<String>,
}

impl ScopeArguments {
    /// Returns the scope: global without `--domain` and `--project`.
    ///
    /// # Errors
    ///
    /// Returns an error if there is a project without a domain, or if one of them is not a valid name.
    pub(crate) fn parse(&self) -> Result<Scope, CommandError> {
        if self.project.is_some() && self.domain.is_none() {
            return Err(CommandError::usage("`--project` requires `--domain`"));
        }
        Ok(Scope::new(self.domain.as_deref(), self.project.as_deref())?)
    }

    /// Returns the id of the secret `name` in this group and scope.
    ///
    /// # Errors
    ///
    /// Returns an error if one of the names is not valid.
    pub(crate) fn secret_id(&self, name: &str) -> Result<SecretId, CommandError> {
        Ok(SecretId::new(self.parse()?, self.group.as_deref(), name)?)
    }
}

/// The type of a secret. The aliases are the spellings of `flyte` and `union`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum TypeArgument {
    /// A value that tasks read
    #[default]
    #[value(alias = "regular")]
    Generic,
    /// Credentials of a container registry
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

/// The output format of `get secret`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum OutputArgument {
    /// Columns
    #[default]
    Table,
    /// A JSON array of objects
    Json,
    /// One NAME or GROUP/NAME per line
    Name,
}

/// The source of the registry credentials of an image pull secret.
#[derive(Debug, Args)]
pub struct DockerArguments {
    /// Read the registry credentials from the configuration of Docker
    #[arg(long, conflicts_with_all = ["value", "value_file", "registry"], help_heading = "Registries", hide_short_help = true)]
    pub from_docker_config: bool,
    /// Configuration file of Docker [default: ~/.docker/config.json]
    #[arg(
        long, value_name = "PATH", requires = "from_docker_config", value_hint = ValueHint::FilePath,
        help_heading = "Registries", hide_short_help = true
    )]
    pub docker_config_path: Option<PathBuf>,
    /// Registries to read, separated by commas [default: all]
    #[arg(
        long,
        value_delimiter = ',',
        requires = "from_docker_config",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub registries: Vec<String>,
    /// Registry that the value is the password for; requires --username
    #[arg(long, requires = "username", help_heading = "Registries", hide_short_help = true)]
    pub registry: Option<String>,
    /// User of the registry; requires --registry
    #[arg(long, requires = "registry", help_heading = "Registries", hide_short_help = true)]
    pub username: Option<String>,
}

impl DockerArguments {
    /// Returns whether the secret is made from registry credentials.
    pub(crate) fn is_used(&self) -> bool {
        self.from_docker_config || self.registry.is_some()
    }
}
