//! Runs of tasks: created, watched, ended.

mod follow;
mod logs;

use std::fmt;

use sealkit_idl::{
    cluster::{Operation, Resource},
    common::{ActionIdentifier, RunIdentifier},
    dataproxy::{GetActionDataRequest, GetActionDataResponse},
    service,
    task::{DeployTaskRequest, Inputs, Outputs, RunSpec, TaskSpec},
    workflow::{AbortRunRequest, CreateRunRequest, CreateRunResponse, RunName, RunSource, RunTask},
};
use tonic::Code;

use crate::{
    client::{Client, Method},
    error::{Error, ErrorKind, Result},
};

pub use follow::{Ending, Event};

/// The action that a run begins with.
const FIRST_ACTION: &str = "a0";

/// A run of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunId {
    /// The project.
    pub project: String,
    /// The domain.
    pub domain: String,
    /// The name.
    pub name: String,
}

impl RunId {
    /// A run that does not exist yet, of a random name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Local`] where the system has no random numbers.
    pub fn random(project: &str, domain: &str) -> Result<Self> {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut random = [0; 19];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(ErrorKind::Local, format!("no random numbers: {error}")))?;
        let letters = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
        let name = std::iter::once('r').chain(letters).collect();
        Ok(Self { project: project.to_owned(), domain: domain.to_owned(), name })
    }

    fn identifier(&self, org: &str) -> RunIdentifier {
        RunIdentifier {
            org: org.to_owned(),
            project: self.project.clone(),
            domain: self.domain.clone(),
            name: self.name.clone(),
        }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

const CREATE: Method = Method { service: service::RUN, name: "CreateRun", is_idempotent: true };
const ABORT: Method = Method { service: service::RUN, name: "AbortRun", is_idempotent: true };
const DEPLOY: Method = Method { service: service::TASK, name: "DeployTask", is_idempotent: true };
const DATA: Method = Method { service: service::DATA_PROXY, name: "GetActionData", is_idempotent: true };

impl Client {
    /// Starts a run of a task that need not be deployed.
    ///
    /// The name of the run is chosen here: a call that was lost can be tried again, and does not start a second run.
    ///
    /// # Errors
    ///
    /// Whatever keeps the call from being answered.
    pub async fn create_run(&self, run: &RunId, spec: TaskSpec, inputs: Inputs) -> Result<()> {
        let request = CreateRunRequest {
            id: Some(RunName::RunId(run.identifier(self.org()))),
            task: Some(RunTask::TaskSpec(Box::new(spec))),
            inputs: Some(inputs),
            run_spec: Some(RunSpec::default()),
            source: RunSource::Cli.into(),
        };
        match self.control_plane().call::<_, CreateRunResponse>(CREATE, &request).await {
            Ok(_) => Ok(()),
            Err(refused) if refused.code() == Code::AlreadyExists && refused.was_tried_again => Ok(()),
            Err(refused) if matches!(refused.code(), Code::NotFound | Code::InvalidArgument) => {
                let RunId { project, domain, .. } = run;
                Err(Error::from(refused).with_hint(format!(
                    "check that project `{project}` with domain `{domain}` is there, or name another: \
                     --project PROJECT --domain DOMAIN"
                )))
            }
            Err(refused) => Err(refused.into()),
        }
    }

    /// Makes a task known, without running it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] where this version is another task, and whatever keeps the call from being answered.
    pub async fn deploy(&self, spec: TaskSpec) -> Result<()> {
        let task_id = spec.id();
        let name = format!("task `{}` of version `{}`", task_id.name, task_id.version);
        let request = DeployTaskRequest { task_id: Some(task_id), spec: Some(spec) };
        match self.control_plane().call::<_, service::Empty>(DEPLOY, &request).await {
            Ok(_) => Ok(()),
            Err(refused) if refused.code() == Code::AlreadyExists && refused.was_tried_again => Ok(()),
            Err(refused) if refused.code() == Code::AlreadyExists => {
                let message = format!("{name} exists already on `{}`", self.config().endpoint);
                Err(Error::new(ErrorKind::AlreadyExists, message)
                    .with_hint("name a new one: --version VERSION"))
            }
            Err(refused) => Err(refused.into()),
        }
    }

    /// What a run that has succeeded returned.
    ///
    /// # Errors
    ///
    /// Whatever keeps the call from being answered.
    pub async fn outputs(&self, run: &RunId) -> Result<Outputs> {
        self.action_outputs(self.first_action(run)).await
    }

    pub(crate) async fn action_outputs(&self, action: ActionIdentifier) -> Result<Outputs> {
        let route = self.route(Operation::GetActionData, Resource::ActionId(action.clone())).await?;
        let request = GetActionDataRequest { action_id: Some(action) };
        let answer: GetActionDataResponse = route.call(DATA, &request).await?;
        Ok(answer.outputs.unwrap_or_default())
    }

    /// Ends a run.
    ///
    /// # Errors
    ///
    /// Whatever keeps the call from being answered.
    pub async fn abort(&self, run: &RunId, reason: &str) -> Result<()> {
        let run_id = Some(run.identifier(self.org()));
        let request = AbortRunRequest { run_id, reason: Some(reason.to_owned()) };
        let outcome = self.control_plane().call::<_, service::Empty>(ABORT, &request).await;
        outcome.map(|_| ()).map_err(Error::from)
    }

    fn first_action(&self, run: &RunId) -> ActionIdentifier {
        let run = run.identifier(self.org());
        ActionIdentifier { run: Some(run), name: FIRST_ACTION.to_owned() }
    }
}
