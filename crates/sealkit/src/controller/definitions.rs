//! The definitions of called tasks: in the image of this pod, or as they are deployed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sealkit_idl::task::Inputs;
use sealkit_protocol::{Code, Problem};
use sealkit_remote::{Client, Deployment, Error, ErrorKind, TaskDefinition};

use super::cluster::{blocking, problem};
use crate::{TaskMetadata, literal, spec::task_spec};

/// The tasks that this pod has called. It calls one version of each.
#[derive(Default)]
pub(super) struct Definitions(Mutex<HashMap<TaskKey, Arc<TaskDefinition>>>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum TaskKey {
    /// A task of this program, by its name.
    Own(&'static str),
    /// A deployed task, by its reference.
    Deployed(&'static str),
}

impl Definitions {
    /// Returns the definition of a task.
    pub(super) async fn get(
        &self,
        task: &'static TaskMetadata,
        client: &Client,
        deployment: &Deployment,
    ) -> Result<Arc<TaskDefinition>, Problem> {
        let key = task.deployed().map_or(TaskKey::Own(task.name()), TaskKey::Deployed);
        if let Some(known) = self.known().get(&key) {
            return Ok(known.clone());
        }
        let definition = match key {
            TaskKey::Deployed(reference) => {
                let found = client.deployed_task(&deployment.project, &deployment.domain, reference).await;
                found.map_err(|error| cannot_call(task, &error))?
            }
            TaskKey::Own(_) => {
                // Defaults are code of the user, and a digest reads the whole program.
                let mut spec = blocking(move || Ok(task_spec(task))).await.map_err(problem)?;
                spec.remove_descriptions();
                deployment.apply_to(&mut spec);
                spec.into()
            }
        };
        // A concurrent call may have added it first.
        Ok(self.known().entry(key).or_insert_with(|| Arc::new(definition)).clone())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<TaskKey, Arc<TaskDefinition>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the inputs of a call, as the called task takes them.
pub(super) fn inputs(
    task: &TaskMetadata,
    definition: &TaskDefinition,
    given: Inputs,
) -> Result<Inputs, Problem> {
    if task.deployed().is_none() {
        return Ok(given);
    }
    let interface = literal::interface(task.interface());
    definition.inputs_of(&interface, given).map_err(|error| cannot_call(task, &error))
}

/// The problem if a deployed task cannot be called.
fn cannot_call(task: &TaskMetadata, error: &Error) -> Problem {
    // After other errors, another attempt of the caller may succeed.
    let code = match error.kind() {
        ErrorKind::InvalidArgument | ErrorKind::NotFound => Code::Configuration,
        _ => Code::Other,
    };
    let problem = Problem::new(code, format!("call of task `{}`: {error}", task.name()));
    problem.with_optional_hint(error.hint())
}
