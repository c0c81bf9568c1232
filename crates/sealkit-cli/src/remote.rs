//! The cluster of commands with `--remote`, and runs and deployments on it.

mod browser;
pub(crate) mod deploy;
mod rejection;
pub(crate) mod run;
mod source;

use std::{env, future::Future, sync::Arc};

use sealkit_remote::{Client, Config, ConfigOverrides, Notice};
use tokio::runtime::{Builder, Runtime};

use crate::{arguments::ClusterArguments, error::CommandError, terminal, timeout};

/// A client of the cluster, and the runtime for its requests.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    runtime: Runtime,
}

impl Cluster {
    /// Connects to the cluster in the command line, the environment or the configuration file.
    pub(crate) fn open(arguments: &ClusterArguments) -> Result<Self, CommandError> {
        let ClusterArguments { config, endpoint, insecure, auth_type, org } = arguments;
        let overrides = ConfigOverrides {
            config: config.clone(),
            endpoint: endpoint.clone(),
            insecure: *insecure,
            auth_type: auth_type.clone(),
            org: org.clone(),
            ..ConfigOverrides::default()
        };
        let directory = env::current_dir().map_err(|error| {
            CommandError::failure(format!(
                "cannot read the current directory: {}",
                sealkit_names::io_reason(&error)
            ))
        })?;
        let config = Config::discover(&overrides, &|name| env::var_os(name), &directory)?;
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
