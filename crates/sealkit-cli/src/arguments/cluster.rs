//! The arguments that select a cluster and describe the pods on it.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use sealkit_program::Platform;

use crate::error::CommandError;

/// The cluster, if any.
#[derive(Debug, Args)]
pub struct RemoteArguments {
    /// Use a Flyte or Union cluster instead of this machine
    #[arg(long, help_heading = "Cluster")]
    pub remote: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

impl RemoteArguments {
    /// Returns whether the command uses a cluster.
    ///
    /// # Errors
    ///
    /// Returns an error if there is a cluster option but no `--remote`: the user does not expect the local store.
    pub(crate) fn is_enabled(&self) -> Result<bool, CommandError> {
        let ClusterArguments { config, endpoint, insecure, auth_type, org } = &self.cluster;
        if !self.remote {
            require_remote(&[
                ("config", config.is_some()),
                ("endpoint", endpoint.is_some()),
                ("insecure", *insecure),
                ("auth-type", auth_type.is_some()),
                ("org", org.is_some()),
            ])?;
        }
        Ok(self.remote)
    }
}

/// Returns an error for the first of `options` that is set.
pub(super) fn require_remote(options: &[(&str, bool)]) -> Result<(), CommandError> {
    match options.iter().find(|(_, is_set)| *is_set) {
        Some((name, _)) => Err(CommandError::usage(format!("`--{name}` requires `--remote`"))),
        None => Ok(()),
    }
}

/// The cluster: every option overrides the environment and the configuration file.
#[derive(Debug, Args)]
pub struct ClusterArguments {
    /// Configuration file [default: the first found, see `sealkit --help`]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Cluster", hide_short_help = true)]
    pub config: Option<PathBuf>,
    /// Endpoint: `dns:///HOST`, `https://HOST` or `http://HOST:PORT`
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub endpoint: Option<String>,
    /// Connect without TLS
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub insecure: bool,
    /// Authentication method [default: from the configuration file]
    ///
    /// One of `pkce`, `device-flow`, `client-secret` and `external-command`.
    #[arg(long, value_name = "TYPE", help_heading = "Cluster", hide_short_help = true)]
    pub auth_type: Option<String>,
    /// Organization [default: from the configuration file or the endpoint]
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub org: Option<String>,
}

/// The program, the image and the resources of the pods on a cluster.
#[derive(Debug, Args)]
pub struct ImageArguments {
    /// Container image that contains the program
    ///
    /// Without it, the program is built for the cluster and uploaded, or
    /// pushed to --registry.
    #[arg(long, help_heading = "Cluster", verbatim_doc_comment)]
    pub image: Option<String>,
    /// Push an image of the program to a registry, such as ghcr.io/me
    ///
    /// The default is `image.registry` of the configuration file. Without a
    /// registry, the program is uploaded.
    #[arg(
        long,
        help_heading = "Cluster",
        hide_short_help = true,
        conflicts_with = "image",
        verbatim_doc_comment
    )]
    pub registry: Option<String>,
    /// Container image that runs the uploaded program: it has the Flyte SDK
    ///
    /// The default is `image.image_refs.sealkit` of the configuration file,
    /// or else the official image.
    #[arg(
        long,
        value_name = "IMAGE",
        help_heading = "Cluster",
        hide_short_help = true,
        conflicts_with_all = ["image", "registry"],
        verbatim_doc_comment
    )]
    pub base_image: Option<String>,
    /// Platform of the uploaded program, linux/amd64 or linux/arm64
    ///
    /// The default is linux/amd64. For a cluster on this machine, it is
    /// the platform of this machine.
    #[arg(
        long,
        help_heading = "Cluster",
        hide_short_help = true,
        conflicts_with = "image",
        verbatim_doc_comment
    )]
    pub platform: Option<Platform>,
    /// Path of the program in the image [default: its file name]
    #[arg(long, value_name = "PATH", help_heading = "Cluster", hide_short_help = true, requires = "image")]
    pub program: Option<String>,
    /// Version of the tasks [default: a hash of their specification]
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub version: Option<String>,
    /// CPUs of each pod, such as `500m` or `2` [default: that of the task]
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub cpu: Option<String>,
    /// Memory of each pod, such as `512Mi` [default: that of the task]
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub memory: Option<String>,
    /// GPUs of each pod, such as `1` [default: that of the task]
    #[arg(long, help_heading = "Cluster", hide_short_help = true)]
    pub gpu: Option<String>,
}

impl ImageArguments {
    /// Checks that none of these options is set, for a run without `--remote`.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first option that is set.
    pub(super) fn require_remote(&self) -> Result<(), CommandError> {
        let Self { image, registry, base_image, platform, program, version, cpu, memory, gpu } = self;
        require_remote(&[
            ("image", image.is_some()),
            ("registry", registry.is_some()),
            ("base-image", base_image.is_some()),
            ("platform", platform.is_some()),
            ("program", program.is_some()),
            ("version", version.is_some()),
            ("cpu", cpu.is_some()),
            ("memory", memory.is_some()),
            ("gpu", gpu.is_some()),
        ])
    }
}
