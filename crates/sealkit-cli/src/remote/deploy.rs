//! `deploy`: register tasks on a cluster.

use sealkit_program::Task;

use super::{Cluster, run as remote_run, source::Source};
use crate::{arguments::Deploy, error::CommandError, terminal};

pub(crate) fn deploy(args: &Deploy) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.cluster)?;
    let (project, domain) =
        remote_run::project_and_domain(&cluster, args.project.as_deref(), args.domain.as_deref())?;
    let mut deployment = remote_run::deployment(&cluster, &args.image, &args.env, &project, &domain)?;
    let source = Source::open(&cluster, &args.target, &args.image)?;
    let program = source.program();
    let tasks: Vec<&Task> = match &args.task {
        Some(name) => vec![program.task(name)?],
        None => program.tasks().iter().collect(),
    };
    remote_run::check_incompatibilities(&tasks)?;
    source.deliver(&cluster, &mut deployment)?;
    for task in tasks {
        let spec = remote_run::task_spec(program, task, &deployment)?;
        let id = spec.id();
        cluster.wait(cluster.client.deploy(spec))?;
        terminal::status(&format!("Deployed task `{}` to project `{project}`, domain `{domain}`", id.name));
        terminal::print(&format!("{} {}\n", id.name, id.version))?;
    }
    Ok(())
}
