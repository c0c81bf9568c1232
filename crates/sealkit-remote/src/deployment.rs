//! The target of a deployment: a project of a cluster, and the image and the program of its pods.

mod arguments;

use std::time::Duration;

use sealkit_idl::{
    core::{Container, GpuAccelerator, KeyValuePair, ResourceName, TaskTarget, TaskTemplate},
    prost::Message as _,
    task::TaskSpec,
};
use sealkit_names::{Amount, Resource, expansion, variables};

use crate::digest::digest;

/// The target of a deployment: where a task runs and from which image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// The organization, or an empty string.
    pub org: String,
    /// The project.
    pub project: String,
    /// The domain.
    pub domain: String,
    /// The version. If it is `None`, the version is a digest of the specification.
    pub version: Option<String>,
    /// The image.
    pub image: String,
    /// The program that pods start.
    pub program: PodProgram,
    /// Environment variables of the pods, in addition to those that Flyte sets.
    pub environment: Vec<(String, String)>,
    /// Resource requests that override those of the task, as Kubernetes quantities.
    pub resources: Vec<(Resource, String)>,
    /// Whether tasks run although their results are cached. Flyte 2 ignores its own field for that.
    pub no_cache: bool,
}

/// The program that a pod starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodProgram {
    /// A program in the image.
    Image {
        /// The path of the program.
        path: String,
    },
    /// A program in a code bundle. The entry point `a0` of the official SDK, which the image must contain, downloads the bundle.
    Bundle {
        /// The URI of the bundle.
        uri: String,
        /// The name of the program in the bundle.
        name: String,
    },
}

impl Default for PodProgram {
    fn default() -> Self {
        Self::Image { path: String::new() }
    }
}

impl Deployment {
    /// Sets the project, the version, the image, the arguments and the environment of a specification.
    pub fn apply_to(&self, spec: &mut TaskSpec) {
        let version = self.version.clone().unwrap_or_else(|| {
            let mut without_version = spec.clone();
            self.apply_version(&mut without_version, "");
            digest(&[&without_version.encode_to_vec()])
        });
        self.apply_version(spec, &version);
    }

    fn apply_version(&self, spec: &mut TaskSpec, version: &str) {
        let Some(template) = &mut spec.task_template else { return };
        let Some(id) = &mut template.id else { return };
        id.org.clone_from(&self.org);
        id.project.clone_from(&self.project);
        id.domain.clone_from(&self.domain);
        version.clone_into(&mut id.version);
        let timeout = template.metadata.as_ref().and_then(|metadata| metadata.timeout);
        let timeout = timeout.and_then(|timeout| Duration::try_from(timeout).ok());
        if let Some(metadata) = &mut template.metadata {
            if let PodProgram::Bundle { uri, .. } = &self.program {
                metadata.code_bundle_uri.clone_from(uri);
            }
            metadata.discoverable &= !self.no_cache;
        }
        if let Some(TaskTarget::Container(container)) = &mut template.target {
            let args = arguments::of(&self.program, &id.name, version);
            container.args = args.iter().map(|argument| expansion::escape(argument)).collect();
            self.apply_to_container(container);
            if let Some(timeout) = timeout {
                // The backend does not enforce it, and its own field does not reach the pod.
                let (key, value) = (variables::TASK_TIMEOUT.to_owned(), timeout.as_secs_f64().to_string());
                container.env.push(KeyValuePair { key, value });
            }
        }
        self.set_resources(template);
    }

    fn set_resources(&self, template: &mut TaskTemplate) {
        for (resource, amount) in &self.resources {
            let Amount { request, limit, accelerator, partition } = resource.amount(amount);
            let accelerator = accelerator.map(|kind| GpuAccelerator::new(kind.device, partition, kind.class));
            template.set_resource(ResourceName::from_name(resource.as_str()), request, limit, accelerator);
        }
    }

    fn apply_to_container(&self, container: &mut Container) {
        // An environment may name the image that runs bundles. Any other image contains the program.
        if matches!(self.program, PodProgram::Image { .. }) || container.image.is_empty() {
            container.image.clone_from(&self.image);
        }
        let pair = |(key, value): (&str, &str)| KeyValuePair {
            key: key.to_owned(),
            value: expansion::escape(value),
        };
        let names: Vec<&str> = self.environment.iter().map(|(name, _)| name.as_str()).collect();
        // The variables of the task, which the deployment may override.
        container.env.retain(|variable| !names.contains(&variable.key.as_str()));
        for variable in &mut container.env {
            variable.value = expansion::escape(&variable.value);
        }
        container.env.extend(self.environment.iter().map(|(name, value)| pair((name, value))));
        // A task that calls others deploys them with the same image, bundle and environment.
        container.env.push(pair((variables::IMAGE, &self.image)));
        if let PodProgram::Bundle { uri, .. } = &self.program {
            container.env.push(pair((variables::BUNDLE, uri)));
        }
        if self.no_cache {
            container.env.push(pair((variables::NO_CACHE, "1")));
        }
        if !names.is_empty() {
            container.env.push(pair((variables::SHARED, &names.join(","))));
        }
    }

    /// Returns the deployment of the current pod from the path of its program and its environment, for the tasks that its task
    /// calls.
    ///
    /// Returns `None` if sealkit did not deploy the pod's task: the environment does not name the image.
    pub fn from_pod_environment(path: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let get = |name: &str| variable(name).unwrap_or_default();
        let shared = get(variables::SHARED);
        let shared = shared.split(',').filter(|name| !name.is_empty());
        let [domain, project] = variables::EXECUTION_SCOPE;
        Some(Self {
            org: get("_U_ORG_NAME"),
            project: get(project),
            domain: get(domain),
            version: variable(variables::TASK_VERSION).filter(|version| !version.is_empty()),
            image: variable(variables::IMAGE)?,
            program: match variable(variables::BUNDLE) {
                Some(uri) => {
                    PodProgram::Bundle { uri, name: path.rsplit('/').next().unwrap_or(path).to_owned() }
                }
                None => PodProgram::Image { path: path.to_owned() },
            },
            environment: shared.map(|name| (name.to_owned(), get(name))).collect(),
            resources: Vec::new(),
            no_cache: variable(variables::NO_CACHE).is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::{Identifier, TaskMetadata, TaskTemplate};

    use super::*;

    fn spec() -> TaskSpec {
        let template = TaskTemplate {
            id: Some(Identifier { name: "t1".to_owned(), ..Identifier::default() }),
            target: Some(TaskTarget::Container(Container::default())),
            metadata: Some(TaskMetadata::default()),
            ..TaskTemplate::default()
        };
        TaskSpec { task_template: Some(template), ..TaskSpec::default() }
    }

    fn deployed(deployment: &Deployment) -> (Identifier, Container) {
        let mut spec = spec();
        deployment.apply_to(&mut spec);
        let template = spec.task_template.unwrap();
        let Some(TaskTarget::Container(container)) = template.target else { panic!("a container") };
        (template.id.unwrap(), container)
    }

    fn deployment() -> Deployment {
        Deployment {
            project: "flytesnacks".to_owned(),
            domain: "development".to_owned(),
            image: "registry/app:1".to_owned(),
            program: PodProgram::Image { path: "/usr/local/bin/app".to_owned() },
            environment: vec![("MODE".to_owned(), "fast".to_owned())],
            resources: vec![(Resource::Memory, "1Gi".to_owned())],
            ..Deployment::default()
        }
    }

    #[test]
    fn the_default_version_changes_only_with_the_specification() {
        let (first, _) = deployed(&deployment());
        assert_eq!(first.version.len(), 25);
        assert_eq!(deployed(&deployment()).0, first);
        let other = Deployment { image: "registry/app:2".to_owned(), ..deployment() };
        assert_ne!(deployed(&other).0.version, first.version);
        let named = Deployment { version: Some("v1".to_owned()), ..deployment() };
        assert_eq!(deployed(&named).0.version, "v1");
    }

    /// An image of an environment runs bundles: it does not contain the program.
    #[test]
    fn the_image_of_an_environment_is_that_of_bundles() {
        let bundle = PodProgram::Bundle { uri: "s3://b/x.tar.gz".to_owned(), name: "app".to_owned() };
        for (program, expected) in [(bundle, "registry/env:1"), (deployment().program, "registry/app:1")] {
            let mut spec = spec();
            if let Some(TaskTarget::Container(container)) =
                spec.task_template.as_mut().and_then(|template| template.target.as_mut())
            {
                container.image = "registry/env:1".to_owned();
            }
            Deployment { program, ..deployment() }.apply_to(&mut spec);
            let target = spec.task_template.and_then(|template| template.target);
            assert!(
                matches!(&target, Some(TaskTarget::Container(container)) if container.image == expected),
                "{target:?}"
            );
        }
    }

    #[test]
    fn a_pod_deploys_the_tasks_that_it_calls_as_itself() {
        let bundle = PodProgram::Bundle { uri: "s3://b/x.tar.gz".to_owned(), name: "app".to_owned() };
        for program in [deployment().program, bundle] {
            let deployment = Deployment { program, ..deployment() };
            let (id, container) = deployed(&deployment);
            let in_pod = |name: &str| match name {
                "FLYTE_INTERNAL_EXECUTION_PROJECT" => Some("flytesnacks".to_owned()),
                "FLYTE_INTERNAL_EXECUTION_DOMAIN" => Some("development".to_owned()),
                "FLYTE_INTERNAL_TASK_VERSION" => Some(id.version.clone()),
                _ => container.env.iter().find(|pair| pair.key == name).map(|pair| pair.value.clone()),
            };
            let called = Deployment::from_pod_environment("/usr/local/bin/app", &in_pod).unwrap();
            let expected = Deployment {
                version: Some(id.version.clone()),
                org: String::new(),
                resources: Vec::new(),
                ..deployment
            };
            assert_eq!(called, expected);
        }
        assert!(Deployment::from_pod_environment("app", &|_| None).is_none());
    }

    #[test]
    fn kubernetes_does_not_expand_variables_and_arguments() {
        let program = PodProgram::Image { path: "/bin/$(MODE)".to_owned() };
        let environment = vec![("MODE".to_owned(), "$$".to_owned())];
        let (_, container) = deployed(&Deployment { program, environment, ..deployment() });
        assert_eq!((&*container.args[0], &*container.env[0].value), ("/bin/$$(MODE)", "$$$"));
    }
}
