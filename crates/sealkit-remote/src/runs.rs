//! Runs of tasks: creates, lists, follows and aborts them.

mod action;
mod child;
mod context;
mod cursor;
mod details;
mod event;
mod follow;
mod line;
mod list;
mod logs;
mod progress;
mod read_logs;
mod report;
mod restarts;
mod snapshot;
mod tree;
mod values;

use std::fmt;

use sealkit_idl::{
    cluster::{Operation, Resource},
    common::{ActionIdentifier, RunIdentifier},
    dataproxy::{GetActionDataRequest, GetActionDataResponse},
    service,
    task::{DeployTaskRequest, Inputs, Outputs, RunSpec, TaskSpec},
    trigger::TaskTrigger,
    workflow::{AbortRunRequest, CreateRunRequest, CreateRunResponse, RunName, RunSource, RunTask},
};
use tonic::Code;

use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
    method::Method,
    tasks::TaskDefinition,
};

pub use action::RunAction;
pub use event::{ActionEvent, Event};
pub use line::LoggedLine;
pub use list::{RunStatus, RunSummary};
pub use read_logs::LoggedActions;
pub use report::RunOutcome;
pub use snapshot::{ActionReport, AttemptReport, RunReport};
pub use values::to_json as literals_to_json;

/// The name of the first action of a run.
const FIRST_ACTION: &str = "a0";

/// Identifies a run on a cluster.
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
    /// Generates a random name for a new run.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Local`] if the system provides no random numbers.
    pub fn random(project: &str, domain: &str) -> Result<Self> {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut random = [0; 19];
        getrandom::fill(&mut random).map_err(|error| {
            Error::new(ErrorKind::Local, format!("cannot generate random numbers: {error}"))
        })?;
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
    /// Starts a run of a task, which need not be registered.
    ///
    /// The caller chooses the name of the run, so that a retry does not start a second run.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn create_run(&self, run: &RunId, mut spec: TaskSpec, inputs: Inputs) -> Result<()> {
        spec.remove_descriptions();
        let interruptible = is_interruptible(&spec);
        self.create(run, RunTask::TaskSpec(Box::new(spec)), interruptible, inputs).await
    }

    /// Starts a run of a deployed task with all of its [`inputs`](TaskDefinition::inputs).
    ///
    /// The caller chooses the name of the run, as for [`create_run`](Self::create_run).
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn run_deployed(&self, run: &RunId, task: &TaskDefinition, inputs: Inputs) -> Result<()> {
        self.create(run, RunTask::TaskId(task.id.clone()), is_interruptible(&task.spec), inputs).await
    }

    async fn create(
        &self,
        run: &RunId,
        task: RunTask,
        interruptible: Option<bool>,
        inputs: Inputs,
    ) -> Result<()> {
        let request = CreateRunRequest {
            id: Some(RunName::RunId(run.identifier(self.org()))),
            task: Some(task),
            inputs: Some(inputs),
            run_spec: Some(RunSpec { interruptible, ..RunSpec::default() }),
            source: RunSource::Cli.into(),
        };
        match self.control_plane().call::<_, CreateRunResponse>(CREATE, &request).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Code::AlreadyExists && error.was_retried => Ok(()),
            Err(error) if matches!(error.code(), Code::NotFound | Code::InvalidArgument) => {
                let RunId { project, domain, .. } = run;
                Err(Error::from(error).with_hint(format!(
                    "check that project `{project}` with domain `{domain}` exists, or choose another: \
                     --project PROJECT --domain DOMAIN"
                )))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Registers a task without running it. Its triggers replace those that it had, unless there are none.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::AlreadyExists`] if another task is registered with this version, or another error if the call fails.
    pub async fn deploy(&self, spec: TaskSpec, triggers: Vec<TaskTrigger>) -> Result<()> {
        let task_id = spec.id();
        let name = format!("task `{}` of version `{}`", task_id.name, task_id.version);
        let request = DeployTaskRequest { task_id: Some(task_id), spec: Some(spec), triggers };
        match self.control_plane().call::<_, service::Empty>(DEPLOY, &request).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Code::AlreadyExists && error.was_retried => Ok(()),
            Err(error) if error.code() == Code::AlreadyExists => {
                let message = format!("{name} already exists on `{}`", self.config().endpoint);
                Err(Error::new(ErrorKind::AlreadyExists, message)
                    .with_hint("choose a new version: --version VERSION"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the outputs of a succeeded run.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn outputs(&self, run: &RunId) -> Result<Outputs> {
        self.action_outputs(self.action_id(run, FIRST_ACTION)).await
    }

    pub(crate) async fn action_outputs(&self, action: ActionIdentifier) -> Result<Outputs> {
        Ok(self.action_data(action).await?.outputs.unwrap_or_default())
    }

    async fn action_data(&self, action: ActionIdentifier) -> Result<GetActionDataResponse> {
        let route = self.route(Operation::GetActionData, Resource::ActionId(action.clone())).await?;
        let request = GetActionDataRequest { action_id: Some(action) };
        Ok(route.call(DATA, &request).await?)
    }

    /// Aborts a run.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn abort(&self, run: &RunId, reason: &str) -> Result<()> {
        let run_id = Some(run.identifier(self.org()));
        let request = AbortRunRequest { run_id, reason: Some(reason.to_owned()) };
        let outcome = self.control_plane().call::<_, service::Empty>(ABORT, &request).await;
        outcome.map(|_| ()).map_err(Error::from)
    }

    fn action_id(&self, run: &RunId, name: &str) -> ActionIdentifier {
        ActionIdentifier { run: Some(run.identifier(self.org())), name: name.to_owned() }
    }
}

/// Returns whether the pods of a run of the task may be interrupted. The backend reads this from the run, not from the task.
fn is_interruptible(spec: &TaskSpec) -> Option<bool> {
    let metadata = spec.task_template.as_ref()?.metadata.as_ref()?;
    metadata.interruptible.filter(|is_set| *is_set)
}
