//! A client for Flyte 2 and Union: manages secrets and runs tasks.
//!
//! [`Config`] reads the configuration of the official tools, and a [`Client`] calls the configured cluster over gRPC. The crate
//! prints nothing: it reports to the user through [`Notify`] only. No error and no [`Debug`](std::fmt::Debug) output contains a
//! secret value or a token. Values and tokens are zeroized after use, except in the buffers of the connection.

mod actions;
mod auth;
mod bundle;
mod client;
mod config;
mod connection;
mod deployment;
mod digest;
mod endpoint;
mod error;
mod method;
mod route;
mod rpc_error;
mod runs;
mod secrets;
mod task_interface;
mod tasks;
#[cfg(test)]
mod test_server;
mod triggers;
mod upload;

pub use actions::{Actions, ChildAction, Trace};
pub use auth::{Notice, Notify};
pub use bundle::Bundle;
pub use client::Client;
pub use config::{AuthMethod, ClientSecret, Config, ConfigOverrides, ConfigReport, SettingReport, Tls};
pub use connection::{HttpClient, MAX_RETRY_AFTER, retry_after};
pub use deployment::{Deployment, PodProgram};
pub use digest::{digest, sha256_base64};
pub use endpoint::{Endpoint, is_loopback};
pub use error::{Error, ErrorKind, Result, sanitize};
pub use runs::{
    ActionEvent, ActionReport, AttemptReport, Event, LoggedActions, LoggedLine, RunAction, RunId, RunOutcome,
    RunReport, RunStatus, RunSummary, literals_to_json,
};
pub use sealkit_idl::{
    common::ActionPhase,
    task::TaskIdentifier,
    trigger::{TaskTrigger, TriggerName},
};
pub use sealkit_names::Resource;
pub use secrets::{NewSecret, Payload, Scope, SecretId, SecretInfo, SecretPresence, SecretType};
pub use task_interface::{into_variant, is_boolean, is_none, is_optional, is_pickle, is_string, type_name};
pub use tasks::{Difference, TaskDefinition, difference};
pub use triggers::Trigger;
pub use upload::{Upload, UploadedFile};
