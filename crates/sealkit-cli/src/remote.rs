//! What is done on a cluster, and what people are told and asked meanwhile.

mod browser;
#[cfg(target_os = "linux")]
pub(crate) mod deploy;
#[cfg(target_os = "linux")]
pub(crate) mod run;
pub(crate) mod secret;

use std::{env, future::Future, sync::Arc, time::Duration};

use sealkit_names::variables::TIMEOUT;
use sealkit_remote::{Client, Config, ConfigOverrides, Notice};
use tokio::runtime::{Builder, Runtime};

use crate::{arguments::ClusterArguments, fault::Fault, terminal};

/// How long an answer is waited for where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cluster, and what drives the conversation with it.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    runtime: Runtime,
}

impl Cluster {
    /// The cluster that is configured, or that the command line names.
    pub(crate) fn open(arguments: &ClusterArguments) -> Result<Self, Fault> {
        let ClusterArguments { config, endpoint, insecure, auth_type, org } = arguments;
        let overrides = ConfigOverrides {
            config: config.clone(),
            endpoint: endpoint.clone(),
            insecure: *insecure,
            auth_type: auth_type.clone(),
            org: org.clone(),
            ..ConfigOverrides::default()
        };
        let directory = env::current_dir()
            .map_err(|error| Fault::failure(format!("the current directory is gone: {error}")))?;
        let config = Config::discover(&overrides, &|name| env::var_os(name), &directory)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Fault::failure(format!("the network cannot be used: {error}")))?;
        let patience = patience()?;
        let client = {
            let _entered = runtime.enter();
            Client::new(config, patience, Arc::new(|notice: Notice<'_>| tell(&notice)))?
        };
        Ok(Self { client, runtime })
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

/// From `SEALKIT_TIMEOUT`, which is `30s` if it is not set.
fn patience() -> Result<Duration, Fault> {
    let Some(text) = env::var_os(TIMEOUT) else { return Ok(PATIENCE) };
    let time = text.to_str().and_then(|text| humantime::parse_duration(text).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| {
        Fault::usage(format!("`{TIMEOUT}` is no length of time")).with_hint(format!("as in {TIMEOUT}=2m"))
    })
}

/// What only a person can do.
fn tell(notice: &Notice<'_>) {
    match notice {
        Notice::OpenBrowser { url } => {
            terminal::note(&format!("allow it in the browser: {url}"));
            browser::open(url);
        }
        Notice::EnterCode { url, code } => {
            terminal::note(&format!("allow it in a browser: {url} and enter the code {code}"));
        }
        Notice::TokenNotCached { error } => {
            terminal::warning(&format!("the next command has to ask again: {error}"));
        }
        _ => {}
    }
}

/// Text of a server or of a task on it, fit for a terminal.
pub(crate) fn shown(text: &str) -> String {
    sealkit_remote::sanitize(text)
}
