//! Tasks that are registered on a cluster.

use std::borrow::Cow;

use sealkit_idl::{
    common::{Filter, ListRequest, ProjectIdentifier, Sort, SortDirection},
    core::TaskTarget,
    prost::Message as _,
    service,
    task::{
        GetTaskDetailsRequest, GetTaskDetailsResponse, ListTasksRequest, ListTasksResponse, TaskIdentifier,
        TaskSpec,
    },
};
use tonic::Code;

use crate::{
    client::Client,
    error::{Error, ErrorKind, Result, sanitize},
    method::Method,
};

const DETAILS: Method = Method { service: service::TASK, name: "GetTaskDetails", is_idempotent: true };
const LIST: Method = Method { service: service::TASK, name: "ListTasks", is_idempotent: true };

/// The number of tasks to search for a similar name.
const MAX_CANDIDATES: u32 = 100;

/// A task with its specification, also in the encoded form: a task of another SDK may have fields that sealkit does not know.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDefinition {
    /// The identifier.
    pub id: TaskIdentifier,
    /// The specification.
    pub spec: TaskSpec,
    pub(crate) encoded: Vec<u8>,
}

impl From<TaskSpec> for TaskDefinition {
    fn from(spec: TaskSpec) -> Self {
        Self { id: spec.id(), encoded: spec.encode_to_vec(), spec }
    }
}

/// How a registered task differs from another one of the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The registered task has this image.
    Image(String),
    /// Something else differs.
    Specification,
}

impl Client {
    /// Returns the registered task of this version, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn registered_task(&self, id: TaskIdentifier) -> Result<Option<TaskDefinition>> {
        let request = GetTaskDetailsRequest { task_id: Some(id.clone()) };
        let details = match self.control_plane().call::<_, GetTaskDetailsResponse>(DETAILS, &request).await {
            Ok(response) => response.details,
            Err(error) if error.code() == Code::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let Some(details) = details else { return Ok(None) };
        let spec = TaskSpec::decode(&*details.spec).map_err(|_| {
            let message =
                format!("`{}` sent a malformed task `{}`", self.config().endpoint, sanitize(&id.name));
            Error::new(ErrorKind::Server, message)
        })?;
        Ok(Some(TaskDefinition { id: details.task_id.unwrap_or(id), spec, encoded: details.spec }))
    }

    /// Returns the task that is deployed in a project and domain as `reference`: `NAME[:VERSION]`.
    ///
    /// As in the official SDK, the latest version is the one whose first deployment is the most recent.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidArgument`] if the reference is invalid, [`ErrorKind::NotFound`] if there is no such task, or another
    /// error if a call fails.
    pub async fn deployed_task(
        &self,
        project: &str,
        domain: &str,
        reference: &str,
    ) -> Result<TaskDefinition> {
        let invalid = |message| Error::new(ErrorKind::InvalidArgument, message);
        let (name, version) = sealkit_names::deployed::parse(reference).map_err(invalid)?;
        let scope = self.project_id(project, domain);
        let id = match version {
            Some(version) => Some(TaskIdentifier {
                org: self.org().to_owned(),
                project: project.to_owned(),
                domain: domain.to_owned(),
                name: name.to_owned(),
                version: version.to_owned(),
            }),
            None => self.latest(&scope, name).await?,
        };
        let found = match id {
            Some(id) => self.registered_task(id).await?,
            None => None,
        };
        match found {
            Some(task) => Ok(task),
            None => Err(self.no_task(&scope, name, version).await),
        }
    }

    /// Returns the identifier of the latest version of a task.
    async fn latest(&self, scope: &ProjectIdentifier, name: &str) -> Result<Option<TaskIdentifier>> {
        let tasks = self.list_tasks(scope, Some(name), 1).await?;
        Ok(tasks.into_iter().find(|task| task.name == name))
    }

    /// Lists tasks, the latest first.
    async fn list_tasks(
        &self,
        scope: &ProjectIdentifier,
        name: Option<&str>,
        limit: u32,
    ) -> Result<Vec<TaskIdentifier>> {
        let is_name =
            |name: &str| Filter { function: 0, field: "name".to_owned(), values: vec![name.to_owned()] };
        let newest_first = Sort { key: "created_at".to_owned(), direction: SortDirection::Descending.into() };
        let request = ListRequest {
            limit,
            sort_by: Some(newest_first),
            filters: name.map(is_name).into_iter().collect(),
            ..ListRequest::default()
        };
        let request = ListTasksRequest { request: Some(request), project_id: Some(scope.clone()) };
        let response: ListTasksResponse = self.control_plane().call(LIST, &request).await?;
        Ok(response.tasks.into_iter().filter_map(|task| task.task_id).collect())
    }

    /// The error for a task that is not deployed.
    async fn no_task(&self, scope: &ProjectIdentifier, name: &str, version: Option<&str>) -> Error {
        let ProjectIdentifier { name: project, domain, .. } = scope;
        let has_version = version.is_some();
        let version = version.map_or(Cow::Borrowed(""), |version| format!(" of version `{version}`").into());
        let endpoint = &self.config().endpoint;
        let error = Error::new(
            ErrorKind::NotFound,
            format!(
                "no task `{name}`{version} is deployed in project `{project}`, domain `{domain}` on `{endpoint}`"
            ),
        );
        // A hint that cannot be made is left out.
        if has_version && let Ok(Some(latest)) = self.latest(scope, name).await {
            return error.with_hint(format!("its latest version is `{}`", sanitize(&latest.version)));
        }
        let tasks = self.list_tasks(scope, None, MAX_CANDIDATES).await.unwrap_or_default();
        match sealkit_names::nearest(name, tasks.iter().map(|task| &*task.name)) {
            Some(near) => error.with_hint(format!("did you mean `{}`?", sanitize(near))),
            None => error
                .with_hint("deploy it first, or choose another project: --project PROJECT --domain DOMAIN"),
        }
    }
}

/// Returns how a registered task differs from a new one, apart from its documentation, which the backend truncates.
pub fn difference(registered: &TaskSpec, new: &TaskSpec) -> Option<Difference> {
    if image(registered) != image(new) {
        return Some(Difference::Image(image(registered).unwrap_or_default().to_owned()));
    }
    let undocumented = |spec: &TaskSpec| TaskSpec { documentation: None, ..spec.clone() };
    (undocumented(registered) != undocumented(new)).then_some(Difference::Specification)
}

fn image(spec: &TaskSpec) -> Option<&str> {
    match spec.task_template.as_ref()?.target.as_ref()? {
        TaskTarget::Container(container) => Some(&container.image),
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::{
        core::{Container, TaskTemplate},
        task::DocumentationEntity,
    };

    use super::*;

    fn spec(image: &str, program: &str, description: &str) -> TaskSpec {
        let container =
            Container { image: image.to_owned(), args: vec![program.to_owned()], ..Container::default() };
        let target = Some(TaskTarget::Container(container));
        let documentation = DocumentationEntity {
            short_description: description.to_owned(),
            ..DocumentationEntity::default()
        };
        TaskSpec {
            task_template: Some(TaskTemplate { target, ..TaskTemplate::default() }),
            documentation: Some(documentation),
            ..TaskSpec::default()
        }
    }

    #[test]
    fn the_documentation_makes_no_difference() {
        let registered = spec("app:1", "app", "A task.");
        assert_eq!(difference(&registered, &spec("app:1", "app", "Another.")), None);
        assert_eq!(difference(&registered, &spec("app:1", "b", "A task.")), Some(Difference::Specification));
        let image = Some(Difference::Image("app:1".to_owned()));
        assert_eq!(difference(&registered, &spec("app:2", "b", "A task.")), image);
    }
}
