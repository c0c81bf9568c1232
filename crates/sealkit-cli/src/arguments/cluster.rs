//! What can be typed of clusters, and of the registries that they pull from.

use std::path::PathBuf;

use clap::{Args, ValueHint};

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
