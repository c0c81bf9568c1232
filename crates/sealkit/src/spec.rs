//! The specification of a task for a cluster.

use std::{env, fs::File, sync::OnceLock};

use sealkit_idl::{
    core::{
        Backoff, Container, GpuAccelerator, Identifier, Identity, KeyValuePair, Parameter, ResourceName,
        ResourceType, RetryStrategy, RuntimeMetadata, RuntimeType, SecurityContext,
        TaskMetadata as IdlMetadata, TaskTarget, TaskTemplate, Timeouts, Variable as IdlVariable,
    },
    prost_types::Duration,
    task::{DocumentationEntity, Environment, NamedParameter, TaskSpec},
};

use sealkit_names::Amount;

use crate::{Resources, TaskMetadata, Variable, literal};

/// The release of the official SDK whose container contract sealkit follows. Flyte passes arguments to a pod according to it.
const SDK_VERSION: &str = "2.12.1";

/// Limits of Flyte 2, in characters.
const MAX_NAME: usize = 63;
const MAX_DESCRIPTION: usize = 255;

/// Returns the specification of `task`.
///
/// The sender adds the image, the arguments and the environment of the container, and the project and domain.
pub(crate) fn task_spec(task: &TaskMetadata) -> TaskSpec {
    let mut template = TaskTemplate {
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
            interruptible: Some(task.interruptible().unwrap_or(false)),
            code_bundle_uri: String::new(),
            timeouts: timeouts(task),
            ..cached(task)
        }),
        interface: Some(literal::interface(task.interface())),
        target: Some(TaskTarget::Container(Container {
            image: task
                .environment()
                .and_then(|environment| environment.image)
                .unwrap_or_default()
                .to_owned(),
            env: task
                .env()
                .map(|(key, value)| KeyValuePair { key: key.to_owned(), value: value.to_owned() })
                .collect(),
            ..Container::default()
        })),
        security_context: security_context(task),
        extended_resources: None,
    };
    set_resources(&mut template, task.resources());
    let environment = match task.environment() {
        Some(environment) => environment.name(),
        None => task.module().split("::").next().unwrap_or_default(),
    };
    let summary = sealkit_names::first_paragraph(task.docs());
    TaskSpec {
        task_template: Some(template),
        default_inputs: default_inputs(task),
        short_name: truncate(task.name(), MAX_NAME),
        environment: Some(Environment { name: truncate(environment, MAX_NAME) }),
        documentation: (!summary.is_empty()).then(|| DocumentationEntity {
            short_description: truncate(&summary, MAX_DESCRIPTION),
            long_description: task.docs().to_owned(),
        }),
    }
}

/// Returns the inputs that a caller may leave out: those with a default, and optional ones.
///
/// A default without a Flyte value is left out. Such a call fails in the pod, which says why.
fn default_inputs(task: &TaskMetadata) -> Vec<NamedParameter> {
    let default = |input: &Variable| {
        let value = input.value_if_absent()?.ok()?;
        // Without the description, as by the official SDK.
        let var = IdlVariable { description: String::new(), ..literal::variable(input) };
        let default = literal::to_literal(input.r#type, &value).ok()?;
        let parameter = Parameter { var: Some(var), default: Some(default) };
        Some(NamedParameter { name: input.name.to_owned(), parameter: Some(parameter) })
    };
    task.interface().inputs.iter().filter_map(default).collect()
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

/// Returns how results are cached.
fn cached(task: &TaskMetadata) -> IdlMetadata {
    let Some(cache) = task.cache() else { return IdlMetadata::default() };
    let version = match cache.version {
        Some(version) => version.to_owned(),
        None => match program_digest() {
            Ok(digest) => sealkit_names::md5_hex(format!("{digest}{}", cache.salt).as_bytes()),
            // All programs would share their results.
            Err(reason) => {
                warn_not_cached(task, reason);
                return IdlMetadata::default();
            }
        },
    };
    IdlMetadata {
        discoverable: true,
        discovery_version: version,
        cache_serializable: cache.serialize,
        cache_ignore_input_vars: cache.ignored_inputs.iter().map(|name| (*name).to_owned()).collect(),
        cache_max_age: duration(cache.max_age),
        ..IdlMetadata::default()
    }
}

/// Returns the digest of the running program, or why it cannot be read.
fn program_digest() -> Result<&'static str, &'static str> {
    static DIGEST: OnceLock<Result<String, String>> = OnceLock::new();
    let digest = DIGEST.get_or_init(|| {
        // Linux names the file that runs, also after it was replaced.
        let program = File::open("/proc/self/exe").or_else(|_| env::current_exe().and_then(File::open));
        program.and_then(sealkit_names::md5_hex_of).map_err(|error| sealkit_names::io_reason(&error))
    });
    digest.as_deref().map_err(String::as_str)
}

#[expect(clippy::print_stderr, reason = "the task still runs, without its cache")]
fn warn_not_cached(task: &TaskMetadata, reason: &str) {
    eprintln!("warning: task `{}` is not cached: cannot read the program: {reason}", task.name());
    eprintln!("hint: name a version: cache = \"v1\"");
}

/// Returns the service account and the secrets, if there are any.
fn security_context(task: &TaskMetadata) -> Option<SecurityContext> {
    let run_as = task.service_account().map(|name| Identity { k8s_service_account: name.to_owned() });
    let secrets: Vec<_> = task.secret_requests().iter().map(|secret| (*secret).into()).collect();
    (run_as.is_some() || !secrets.is_empty()).then_some(SecurityContext { run_as, secrets })
}

fn set_resources(template: &mut TaskTemplate, resources: Resources) {
    for (resource, amount) in resources.amounts() {
        let Amount { request, limit, accelerator, partition } = resource.amount(amount);
        let accelerator = accelerator.map(|kind| GpuAccelerator::new(kind.device, partition, kind.class));
        template.set_resource(ResourceName::from_name(resource.as_str()), request, limit, accelerator);
    }
}

fn truncate(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}
