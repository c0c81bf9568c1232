//! Tasks that are registered on a cluster.

use sealkit_idl::{
    core::TaskTarget,
    service,
    task::{GetTaskDetailsRequest, GetTaskDetailsResponse, TaskIdentifier, TaskSpec},
};
use tonic::Code;

use crate::{client::Client, error::Result, method::Method};

const DETAILS: Method = Method { service: service::TASK, name: "GetTaskDetails", is_idempotent: true };

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
    pub async fn registered_task(&self, id: TaskIdentifier) -> Result<Option<TaskSpec>> {
        let request = GetTaskDetailsRequest { task_id: Some(id) };
        match self.control_plane().call::<_, GetTaskDetailsResponse>(DETAILS, &request).await {
            Ok(response) => Ok(response.details.and_then(|details| details.spec)),
            Err(error) if error.code() == Code::NotFound => Ok(None),
            Err(error) => Err(error.into()),
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
