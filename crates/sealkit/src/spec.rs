//! What a cluster has to know of a task, as far as the program knows it itself.

use sealkit_idl::{
    core::{
        Container, Identifier, ResourceType, RetryStrategy, RuntimeMetadata, RuntimeType, SecurityContext,
        TaskMetadata as IdlMetadata, TaskTarget, TaskTemplate,
    },
    prost_types::Duration,
    task::{DocumentationEntity, Environment, TaskSpec},
};

use crate::{TaskMetadata, literal};

/// The release of the official SDK whose contract a pod of ours keeps. Flyte decides by it what it tells a pod.
const SDK_VERSION: &str = "2.12.1";

/// Limits of Flyte 2, in characters.
const LONGEST_NAME: usize = 63;
const LONGEST_DESCRIPTION: usize = 255;

/// The specification of `task`. Whoever sends it adds the image, the path of the program in it, the environment,
/// and where the task belongs.
///
/// The container's arguments are those of the official SDK (`flyte._task`), without what a Rust program has no use for.
pub(crate) fn task_spec(task: &TaskMetadata) -> TaskSpec {
    let argument = |text: &str| text.to_owned();
    let args = [
        // The path of the program.
        "",
        "execute",
        "--task",
        task.name(),
        "--inputs",
        "{{.input}}",
        "--outputs-path",
        "{{.outputPrefix}}",
        "--run-name",
        "{{.runName}}",
        "--name",
        "{{.actionName}}",
    ];
    let timeout = task.timeout().and_then(|timeout| Duration::try_from(timeout).ok());
    let secrets: Vec<_> = task.secret_requests().iter().map(|secret| (*secret).into()).collect();
    let template = TaskTemplate {
        id: Some(Identifier {
            resource_type: ResourceType::Task.into(),
            name: task.name().to_owned(),
            ..Identifier::default()
        }),
        // No plug-in of the backend has this name, so that it runs the container as it is.
        r#type: "rust-task".to_owned(),
        metadata: Some(IdlMetadata {
            runtime: Some(RuntimeMetadata {
                r#type: RuntimeType::FlyteSdk.into(),
                version: SDK_VERSION.to_owned(),
                flavor: "rust".to_owned(),
            }),
            timeout,
            retries: Some(RetryStrategy { retries: task.retries() }),
        }),
        interface: Some(literal::interface(task.interface())),
        target: Some(TaskTarget::Container(Container {
            args: args.map(argument).into(),
            ..Container::default()
        })),
        security_context: (!secrets.is_empty()).then_some(SecurityContext { secrets }),
    };
    let summary = task.docs().lines().next().unwrap_or_default().trim();
    TaskSpec {
        task_template: Some(template),
        short_name: cut(task.name(), LONGEST_NAME),
        environment: Some(Environment {
            name: cut(task.module().split("::").next().unwrap_or_default(), LONGEST_NAME),
        }),
        documentation: (!summary.is_empty()).then(|| DocumentationEntity {
            short_description: cut(summary, LONGEST_DESCRIPTION),
            long_description: task.docs().to_owned(),
        }),
    }
}

fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}
