//! The specification of a task for a cluster.

use sealkit_idl::{
    core::{
        Backoff, Container, Identifier, ResourceEntry, ResourceName, ResourceType, Resources as IdlResources,
        RetryStrategy, RuntimeMetadata, RuntimeType, SecurityContext, TaskMetadata as IdlMetadata,
        TaskTarget, TaskTemplate, Timeouts,
    },
    prost_types::Duration,
    task::{DocumentationEntity, Environment, TaskSpec},
};

use sealkit_names::Resource;

use crate::{Resources, TaskMetadata, literal};

/// The release of the official SDK whose container contract sealkit follows. Flyte passes arguments to a pod according to it.
const SDK_VERSION: &str = "2.12.1";

/// Limits of Flyte 2, in characters.
const MAX_NAME: usize = 63;
const MAX_DESCRIPTION: usize = 255;

/// Returns the specification of `task`.
///
/// The sender adds the image, the arguments and the environment of the container, and the project and domain.
pub(crate) fn task_spec(task: &TaskMetadata) -> TaskSpec {
    let secrets: Vec<_> = task.secret_requests().iter().map(|secret| (*secret).into()).collect();
    let template = TaskTemplate {
        id: Some(Identifier {
            resource_type: ResourceType::Task.into(),
            name: task.name().to_owned(),
            ..Identifier::default()
        }),
        // The backend has no plug-in for this type, so it runs the container without changes.
        r#type: "rust-task".to_owned(),
        metadata: Some(IdlMetadata {
            runtime: Some(RuntimeMetadata {
                r#type: RuntimeType::FlyteSdk.into(),
                version: SDK_VERSION.to_owned(),
                flavor: "rust".to_owned(),
            }),
            timeout: duration(task.timeout()),
            retries: Some(retry_strategy(task)),
            // Explicit, as in the official SDK: a cluster may have another default.
            interruptible: Some(false),
            code_bundle_uri: String::new(),
            timeouts: timeouts(task),
        }),
        interface: Some(literal::interface(task.interface())),
        target: Some(TaskTarget::Container(Container {
            resources: resources(task.resources()),
            ..Container::default()
        })),
        security_context: (!secrets.is_empty()).then_some(SecurityContext { secrets }),
    };
    let summary = task.docs().lines().next().unwrap_or_default().trim();
    TaskSpec {
        task_template: Some(template),
        short_name: truncate(task.name(), MAX_NAME),
        environment: Some(Environment {
            name: truncate(task.module().split("::").next().unwrap_or_default(), MAX_NAME),
        }),
        documentation: (!summary.is_empty()).then(|| DocumentationEntity {
            short_description: truncate(summary, MAX_DESCRIPTION),
            long_description: task.docs().to_owned(),
        }),
    }
}

/// Returns the declared number of retries and the declared delays; an undeclared delay is not sent, as by the official SDK.
fn retry_strategy(task: &TaskMetadata) -> RetryStrategy {
    let backoff = task.backoff().map(|backoff| Backoff {
        base: duration(Some(backoff.base)),
        factor: backoff.factor,
        cap: duration(backoff.cap),
    });
    RetryStrategy { retries: task.retries(), backoff }
}

/// Returns the timeouts that have no field of their own in the metadata.
fn timeouts(task: &TaskMetadata) -> Option<Timeouts> {
    let timeouts =
        Timeouts { max_queued_time: duration(task.max_queued_time()), deadline: duration(task.deadline()) };
    (timeouts != Timeouts::default()).then_some(timeouts)
}

fn duration(duration: Option<std::time::Duration>) -> Option<Duration> {
    duration.and_then(|duration| Duration::try_from(duration).ok())
}

/// Returns the resources as requests, as the official SDK does. The backend also uses them as limits.
fn resources(resources: Resources) -> Option<IdlResources> {
    let entry = |(resource, amount): (Resource, &str)| {
        let name = ResourceName::from_name(resource.as_str());
        ResourceEntry { name: name.into(), value: amount.to_owned() }
    };
    let requests: Vec<_> = resources.amounts().map(entry).collect();
    (!requests.is_empty()).then(|| IdlResources { requests, limits: Vec::new() })
}

fn truncate(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use sealkit_idl::prost::Message as _;

    use super::*;

    #[test]
    fn resources_are_encoded_as_by_the_official_sdk() {
        // `get_proto_resources(flyte.Resources(cpu="500m", memory="2Gi", gpu=1, disk="10Gi"))` of flyte 2.12.1.
        let expected = b"\x0a\x08\x08\x01\x12\x04500m\x0a\x07\x08\x03\x12\x032Gi\x0a\x05\x08\x02\x12\x011\x0a\x08\x08\x05\x12\x0410Gi";
        let all = Resources::__new(Some("500m"), Some("2Gi"), Some("1"), Some("10Gi"));
        assert_eq!(resources(all).unwrap().encode_to_vec(), expected);
        assert_eq!(resources(Resources::NONE), None);
    }
}
