//! What can be typed of clusters, and of the registries that they pull from.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::fault::Fault;

/// Which cluster is meant, if one is.
#[derive(Debug, Args)]
pub struct RemoteArguments {
    /// Do it on the cluster
    #[arg(long, help_heading = "Cluster")]
    pub remote: bool,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

impl RemoteArguments {
    /// Whether it is done on a cluster. Whoever names one, and does not say so, does not mean this machine either.
    ///
    /// # Errors
    ///
    /// Something that is only known of a cluster without `--remote`.
    pub(crate) fn is_meant(&self) -> Result<bool, Fault> {
        let ClusterArguments { config, endpoint, insecure, auth_type, org } = &self.cluster;
        let given = [
            ("config", config.is_some()),
            ("endpoint", endpoint.is_some()),
            ("insecure", *insecure),
            ("auth-type", auth_type.is_some()),
            ("org", org.is_some()),
        ];
        if !self.remote {
            refuse(&given)?;
        }
        Ok(self.remote)
    }
}

/// What is only known of a cluster is not for this machine.
fn refuse(given: &[(&str, bool)]) -> Result<(), Fault> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(Fault::usage(format!("`--{name}` is about a cluster, and this is not"))
            .with_hint("to do it on the cluster, add --remote")),
        None => Ok(()),
    }
}

/// Which cluster is meant, beside what is configured.
#[derive(Debug, Args)]
pub struct ClusterArguments {
    /// The file that says where the cluster is, in place of those that are looked for
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Cluster")]
    pub config: Option<PathBuf>,
    /// The endpoint, as `dns:///HOST`, `https://HOST` or `http://HOST:PORT`
    #[arg(long, help_heading = "Cluster")]
    pub endpoint: Option<String>,
    /// The endpoint is spoken to in the clear
    #[arg(long, help_heading = "Cluster")]
    pub insecure: bool,
    /// How one is let in: `pkce`, `device-flow`, `client-secret` or `external-command`
    #[arg(long, value_name = "TYPE", help_heading = "Cluster")]
    pub auth_type: Option<String>,
    /// The organization
    #[arg(long, help_heading = "Cluster")]
    pub org: Option<String>,
}

/// What a cluster has to know beside what is recorded of the tasks.
#[derive(Debug, Args)]
pub struct ImageArguments {
    /// The image that the program is in
    #[arg(long, help_heading = "Cluster")]
    pub image: Option<String>,
    /// The path of the program in the image; its name, if not said
    #[arg(long, value_name = "PATH", help_heading = "Cluster")]
    pub program: Option<String>,
    /// The version of the tasks; if not said, it follows from what is recorded of them
    #[arg(long, help_heading = "Cluster")]
    pub version: Option<String>,
    /// The processors of a pod, as 500m or 2
    #[arg(long, help_heading = "Cluster")]
    pub cpu: Option<String>,
    /// The memory of a pod, as 512Mi or 4Gi
    #[arg(long, help_heading = "Cluster")]
    pub memory: Option<String>,
    /// The graphics processors of a pod
    #[arg(long, help_heading = "Cluster")]
    pub gpu: Option<String>,
}

impl ImageArguments {
    /// None of it is for this machine.
    ///
    /// # Errors
    ///
    /// Any of it.
    pub(crate) fn refuse(&self) -> Result<(), Fault> {
        let Self { image, program, version, cpu, memory, gpu } = self;
        let given = [
            ("image", image),
            ("program", program),
            ("version", version),
            ("cpu", cpu),
            ("memory", memory),
            ("gpu", gpu),
        ];
        refuse(&given.map(|(name, value)| (name, value.is_some())))
    }
}

/// The credentials of registries, for a secret that pulls images.
#[derive(Debug, Args)]
pub struct DockerArguments {
    /// Take the credentials that docker has
    #[arg(long, conflicts_with_all = ["value", "value_file", "registry"], help_heading = "Registries")]
    pub from_docker_config: bool,
    /// Docker's configuration, where it is not ~/.docker/config.json
    #[arg(long, value_name = "PATH", requires = "from_docker_config", value_hint = ValueHint::FilePath, help_heading = "Registries")]
    pub docker_config_path: Option<PathBuf>,
    /// Only of these registries, with commas between them
    #[arg(long, value_delimiter = ',', requires = "from_docker_config", help_heading = "Registries")]
    pub registries: Vec<String>,
    /// The value is the password of a user of this registry
    #[arg(long, requires = "username", help_heading = "Registries")]
    pub registry: Option<String>,
    /// That user
    #[arg(long, requires = "registry", help_heading = "Registries")]
    pub username: Option<String>,
}

impl DockerArguments {
    /// Whether any is asked for: the secret then pulls images.
    pub(crate) fn is_given(&self) -> bool {
        self.from_docker_config || self.registry.is_some()
    }
}
