//! `deploy`: tasks become known to a cluster.

use sealkit_engine::Task;

use super::{Cluster, run as remote_run};
use crate::{arguments::Deploy, fault::Fault, run, terminal};

pub(crate) fn deploy(what: &Deploy) -> Result<(), Fault> {
    let cluster = Cluster::open(&what.cluster)?;
    let (project, domain) = remote_run::place(&cluster, what.project.as_deref(), what.domain.as_deref())?;
    let program = run::open(&what.target)?;
    let tasks: Vec<&Task> = match &what.task {
        Some(name) => vec![program.task(name)?],
        None => program.tasks().iter().collect(),
    };
    let destination = remote_run::destination(&cluster, &program, &what.image, &what.env, &project, &domain)?;
    remote_run::warn_of_incompatibilities(&tasks)?;
    for task in tasks {
        let spec = remote_run::addressed(&program, task, &destination)?;
        let id = spec.id();
        cluster.wait(cluster.client.deploy(spec))?;
        terminal::done(&format!("Deployed task `{}` to project `{project}`, domain `{domain}`", id.name));
        terminal::data(&format!("{} {}\n", id.name, id.version))?;
    }
    Ok(())
}
