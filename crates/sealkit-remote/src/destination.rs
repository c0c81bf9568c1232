//! Where a task goes: a project of a cluster, and the image that its program is in.

use sealkit_idl::{
    core::{Container, KeyValuePair, ResourceEntry, ResourceName, Resources, TaskTarget},
    prost::Message as _,
    task::TaskSpec,
};
use sealkit_names::{Resource, variables};

use crate::digest::digest;

/// Where a task goes.
#[derive(Clone, Debug, Default)]
pub struct Destination {
    /// The organization; empty if there is none.
    pub org: String,
    /// The project.
    pub project: String,
    /// The domain.
    pub domain: String,
    /// The version; nothing says that it follows from what is sent.
    pub version: Option<String>,
    /// The image.
    pub image: String,
    /// The path of the program in the image.
    pub program: String,
    /// What the environment of its pods has beyond what Flyte sets.
    pub environment: Vec<(String, String)>,
    /// What a pod needs beyond what the task says, as Kubernetes writes it.
    pub resources: Vec<(Resource, String)>,
}

impl Destination {
    /// Adds to a specification what the program does not know of itself.
    pub fn address(&self, spec: &mut TaskSpec) {
        let Some(template) = &mut spec.task_template else { return };
        if let Some(TaskTarget::Container(container)) = &mut template.target {
            self.fill(container);
        }
        if let Some(id) = &mut template.id {
            id.org.clone_from(&self.org);
            id.project.clone_from(&self.project);
            id.domain.clone_from(&self.domain);
            id.version.clear();
        }
        let version = self.version.clone().unwrap_or_else(|| version(spec));
        if let Some(id) = spec.task_template.as_mut().and_then(|template| template.id.as_mut()) {
            id.version = version;
        }
    }

    fn fill(&self, container: &mut Container) {
        container.image.clone_from(&self.image);
        if let Some(program) = container.args.first_mut() {
            program.clone_from(&self.program);
        }
        let pair = |(key, value): (&str, &str)| KeyValuePair { key: key.to_owned(), value: value.to_owned() };
        let names: Vec<&str> = self.environment.iter().map(|(name, _)| name.as_str()).collect();
        container.env = self.environment.iter().map(|(name, value)| pair((name, value))).collect();
        // The tasks that it calls go where it has gone.
        container.env.push(pair((variables::IMAGE, &self.image)));
        if !names.is_empty() {
            container.env.push(pair((variables::SHARED, &names.join(","))));
        }
        for (resource, amount) in &self.resources {
            let name = ResourceName::from_name(resource.as_str()).into();
            // Without a limit, the backend takes the request for one.
            let requests = &mut container.resources.get_or_insert_with(Resources::default).requests;
            requests.retain(|entry| entry.name != name);
            requests.push(ResourceEntry { name, value: amount.clone() });
        }
    }

    /// Where a task goes that is called by a task which is in a pod already, as the pod's environment tells.
    ///
    /// `None` if the pod was not started for a task of ours: nobody has said which image it is.
    pub fn of_pod(variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
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
            program: String::new(),
            environment: shared.map(|name| (name.to_owned(), get(name))).collect(),
            resources: Vec::new(),
        })
    }
}

/// The same task in the same image has the same version.
fn version(spec: &TaskSpec) -> String {
    digest(&[&spec.encode_to_vec()])
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::{Identifier, TaskTemplate};

    use super::*;

    fn spec() -> TaskSpec {
        let container = Container { args: vec![String::new(), "execute".to_owned()], ..Container::default() };
        let template = TaskTemplate {
            id: Some(Identifier { name: "t1".to_owned(), ..Identifier::default() }),
            target: Some(TaskTarget::Container(container)),
            ..TaskTemplate::default()
        };
        TaskSpec { task_template: Some(template), ..TaskSpec::default() }
    }

    fn addressed(destination: &Destination) -> (Identifier, Container) {
        let mut spec = spec();
        destination.address(&mut spec);
        let template = spec.task_template.unwrap();
        let Some(TaskTarget::Container(container)) = template.target else { panic!("a container") };
        (template.id.unwrap(), container)
    }

    fn destination() -> Destination {
        Destination {
            project: "flytesnacks".to_owned(),
            domain: "development".to_owned(),
            image: "registry/app:1".to_owned(),
            program: "/usr/local/bin/app".to_owned(),
            environment: vec![("MODE".to_owned(), "fast".to_owned())],
            resources: vec![(Resource::Memory, "1Gi".to_owned())],
            ..Destination::default()
        }
    }

    #[test]
    fn a_version_changes_with_what_is_sent_and_not_by_itself() {
        let (first, _) = addressed(&destination());
        assert_eq!(first.version.len(), 25);
        assert_eq!(addressed(&destination()).0, first);
        let other = Destination { image: "registry/app:2".to_owned(), ..destination() };
        assert_ne!(addressed(&other).0.version, first.version);
        let named = Destination { version: Some("v1".to_owned()), ..destination() };
        assert_eq!(addressed(&named).0.version, "v1");
    }

    #[test]
    fn what_a_task_calls_goes_where_it_has_gone_itself() {
        let (id, container) = addressed(&destination());
        assert_eq!(container.args, ["/usr/local/bin/app", "execute"]);
        let in_pod = |name: &str| match name {
            "FLYTE_INTERNAL_EXECUTION_PROJECT" => Some("flytesnacks".to_owned()),
            "FLYTE_INTERNAL_EXECUTION_DOMAIN" => Some("development".to_owned()),
            "FLYTE_INTERNAL_TASK_VERSION" => Some(id.version.clone()),
            _ => container.env.iter().find(|pair| pair.key == name).map(|pair| pair.value.clone()),
        };
        let called = Destination::of_pod(&in_pod).unwrap();
        assert_eq!(
            (called.image.as_str(), called.environment),
            ("registry/app:1", destination().environment)
        );
        assert_eq!(called.version.as_deref(), Some(id.version.as_str()));
        assert!(Destination::of_pod(&|_| None).is_none());
    }
}
