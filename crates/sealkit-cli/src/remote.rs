//! The cluster of commands with `--remote`, and runs and deployments on it.

pub(crate) mod abort_run;
mod browser;
mod cluster_event;
pub(crate) mod create_config;
pub(crate) mod deploy;
mod deployed;
mod follow;
pub(crate) mod get_config;
pub(crate) mod get_run;
mod ignored;
mod input_files;
mod literal;
pub(crate) mod logs;
mod progress;
mod rejection;
pub(crate) mod run;
mod run_report;
mod run_status;
pub(crate) mod schedules;
mod secret_check;
mod source;
mod warnings;

use std::{env, future::Future, path::PathBuf, sync::Arc};

use sealkit_remote::{Client, Config, ConfigOverrides, Notice, RunId};
use tokio::runtime::{Builder, Runtime};

use crate::{
    arguments::{ClusterArguments, RunScopeArguments},
    error::CommandError,
    terminal, timeout,
};

/// A client of the cluster, and the runtime for its requests.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    runtime: Runtime,
}

impl Cluster {
    /// Connects to the cluster in the command line, the environment or the configuration file.
    pub(crate) fn open(arguments: &ClusterArguments) -> Result<Self, CommandError> {
        let directory = current_directory()?;
        let config = Config::discover(&overrides(arguments), &|name| env::var_os(name), &directory)?;
        let runtime = start_runtime()?;
        let timeout = timeout::from_environment()?;
        let client = {
            let _entered = runtime.enter();
            Client::new(config, timeout, Arc::new(|notice: Notice<'_>| print_notice(&notice)))?
        };
        Ok(Self { client, runtime })
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Returns the project and the domain of the arguments, or else of the configuration.
    pub(super) fn project_and_domain(
        &self,
        project: Option<&str>,
        domain: Option<&str>,
    ) -> Result<(String, String), CommandError> {
        let config = self.client.config();
        let select = |argument: Option<&str>, configured: &Option<String>, name: &str| {
            argument.map(str::to_owned).or_else(|| configured.clone()).ok_or_else(|| {
                let message = format!("no {name}: neither the command line nor {} sets one", config.origin);
                CommandError::usage(message).with_hint(format!(
                    "add --{name} {}, or set `task.{name}` in the file",
                    name.to_uppercase()
                ))
            })
        };
        Ok((select(project, &config.project, "project")?, select(domain, &config.domain, "domain")?))
    }

    /// Returns the id of the run `name` in the project and the domain of the arguments.
    fn run_id(&self, scope: &RunScopeArguments, name: &str) -> Result<RunId, CommandError> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(CommandError::usage("the name of a run has only letters, digits and `-`")
                .with_hint("list the runs: sealkit get run"));
        }
        let (project, domain) = self.project_and_domain(scope.project.as_deref(), scope.domain.as_deref())?;
        Ok(RunId { project, domain, name: name.to_owned() })
    }
}

/// Returns the options of the command line that override the configuration.
fn overrides(arguments: &ClusterArguments) -> ConfigOverrides {
    let ClusterArguments { config, endpoint, insecure, auth_type, org } = arguments;
    ConfigOverrides {
        config: config.clone(),
        endpoint: endpoint.clone(),
        insecure: *insecure,
        auth_type: auth_type.clone(),
        org: org.clone(),
        ..ConfigOverrides::default()
    }
}

fn current_directory() -> Result<PathBuf, CommandError> {
    env::current_dir().map_err(|error| {
        let reason = sealkit_names::io_reason(&error);
        CommandError::failure(format!("cannot read the current directory: {reason}"))
    })
}

/// Starts the runtime for requests.
pub(crate) fn start_runtime() -> Result<Runtime, CommandError> {
    Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::failure(format!(
            "cannot start the network runtime: {}",
            sealkit_names::io_reason(&error)
        ))
    })
}

/// Prints a request of the authentication flow to the user.
fn print_notice(notice: &Notice<'_>) {
    match notice {
        Notice::OpenBrowser { url } => {
            terminal::note(&format!("log in in the browser: {url}"));
            browser::open(url);
        }
        Notice::EnterCode { url, code } => {
            terminal::note(&format!("log in in a browser: open {url} and enter the code {code}"));
        }
        Notice::TokenNotCached { error } => {
            terminal::warning(&format!(
                "cannot cache the token, the next command has to log in again: {error}"
            ));
        }
        _ => {}
    }
}
