//! The arguments of `create config` and `get config`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::ClusterArguments;

/// The arguments of `create config`.
#[derive(Debug, Args)]
pub struct CreateConfig {
    /// Endpoint, such as `https://flyte.example.com`
    #[arg(long, required_unless_present = "devbox")]
    pub endpoint: Option<String>,
    /// Connect without TLS
    #[arg(long)]
    pub insecure: bool,
    /// Use the devbox of Flyte on this machine
    ///
    /// The same as `--endpoint localhost:30080 --insecure
    /// --project flytesnacks --domain development`.
    #[arg(long, conflicts_with = "endpoint", verbatim_doc_comment)]
    pub devbox: bool,
    /// Authentication method [default: pkce]
    ///
    /// One of `pkce`, `device-flow`, `client-secret` and `external-command`.
    #[arg(long, value_name = "TYPE")]
    pub auth_type: Option<String>,
    /// Organization [default: first label of the host]
    #[arg(long)]
    pub org: Option<String>,
    /// Default project of runs
    #[arg(short, long)]
    pub project: Option<String>,
    /// Default domain of runs
    #[arg(short, long)]
    pub domain: Option<String>,
    /// File to write
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, default_value = ".flyte/config.yaml")]
    pub config: PathBuf,
    /// Overwrite the file without asking for confirmation
    #[arg(long)]
    pub force: bool,
}

/// The arguments of `get config`.
#[derive(Debug, Args)]
pub struct GetConfig {
    /// Output format: table or json
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    pub output: ConfigOutput,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// The output format of `get config`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ConfigOutput {
    /// Columns
    #[default]
    Table,
    /// A JSON object
    Json,
}
