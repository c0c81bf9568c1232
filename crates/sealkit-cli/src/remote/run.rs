//! `run --remote`: a task on a cluster, watched from here.

use std::{env, ffi::OsString, thread, time::Instant};

use sealkit_engine::{Program, SecretRequest, Task, TaskKind};
use sealkit_idl::{common::ActionPhase, task::TaskSpec};
use sealkit_names::{incompatibility::incompatibilities, variables::MAX_OUTPUT};
use sealkit_remote::{Deployment, ErrorKind, Event, Resource, RunId, RunOutcome, Scope, SecretId};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use super::{Cluster, shown};
use crate::{
    arguments::{ImageArguments, Run},
    fault::Fault,
    progress, prompt, run, terminal,
};

pub(crate) fn run(what: &Run) -> Result<(), Fault> {
    let cluster = Cluster::open(&what.remote.cluster)?;
    let (project, domain) = place(&cluster, what.project.as_deref(), what.domain.as_deref())?;
    let program = run::open(&what.target)?;
    let task = program.task(&what.task)?;
    let inputs = program.inputs(task, &what.inputs)?;
    let destination = destination(&cluster, &program, &what.image, &what.env, &project, &domain)?;
    let spec = addressed(&program, task, &destination)?;
    // A workflow may call every task of the program.
    let needed: Vec<&Task> = match task.kind {
        TaskKind::Workflow => program.tasks().iter().collect(),
        TaskKind::Task => vec![task],
    };
    warn_of_incompatibilities(&needed)?;
    if !what.skip_check {
        check_secrets(&cluster, &needed, &project, &domain)?;
    }

    let run = RunId::random(&project, &domain)?;
    cluster.wait(cluster.client.create_run(&run, spec, inputs))?;
    let console = cluster.client.config().console_url(&run.name, &project, &domain);
    terminal::done(&format!("Started run {run}: {console}"));
    if what.detach {
        return terminal::data(&format!("{run}\n"));
    }
    let progress = Progress::new(&task.name);
    let ending = cluster.wait(watched(&cluster, &run, &progress))?;
    progress.end(ending.phase);
    if ending.phase.is_success() {
        let outputs = cluster.wait(cluster.client.outputs(&run))?;
        return terminal::data(&program.outputs(task, &outputs)?);
    }
    Err(failure(&task.name, &ending, &needed))
}

/// The project and the domain of runs.
pub(super) fn place(
    cluster: &Cluster,
    project: Option<&str>,
    domain: Option<&str>,
) -> Result<(String, String), Fault> {
    let config = cluster.client.config();
    let one = |given: Option<&str>, configured: &Option<String>, name: &str| {
        given.map(str::to_owned).or_else(|| configured.clone()).ok_or_else(|| {
            Fault::usage(format!("no {name} is named, and {} names none", config.origin))
                .with_hint(format!("name it: --{name} {}, or `task.{name}` in the file", name.to_uppercase()))
        })
    };
    Ok((one(project, &config.project, "project")?, one(domain, &config.domain, "domain")?))
}

/// Where the tasks of a program go.
pub(super) fn destination(
    cluster: &Cluster,
    program: &Program,
    image: &ImageArguments,
    variables: &[OsString],
    project: &str,
    domain: &str,
) -> Result<Deployment, Fault> {
    let Some(name) = &image.image else {
        return Err(Fault::usage("a cluster starts the program from an image, and none is named")
            .with_hint("build one that has the program, and name it: --image REGISTRY/NAME:TAG"));
    };
    let text = |pair: &OsString| {
        let (name, value) = run::variable(pair)?;
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => Ok((name, value)),
            _ => Err(Fault::usage("a value of `--env` is not UTF-8 text")),
        }
    };
    let file_name = program.path().file_name().map(|name| name.to_string_lossy().into_owned());
    let mut environment = variables.iter().map(text).collect::<Result<Vec<_>, Fault>>()?;
    // A limit of the cluster's, which its pods have to know.
    environment.extend(env::var(MAX_OUTPUT).ok().map(|limit| (MAX_OUTPUT.to_owned(), limit)));
    let asked = [(Resource::Cpu, &image.cpu), (Resource::Memory, &image.memory), (Resource::Gpu, &image.gpu)];
    let mut resources = Vec::new();
    for (resource, amount) in asked {
        let Some(amount) = amount else { continue };
        if !resource.accepts(amount) {
            return Err(Fault::usage(resource.message(amount)));
        }
        resources.push((resource, amount.clone()));
    }
    Ok(Deployment {
        org: cluster.client.org().to_owned(),
        project: project.to_owned(),
        domain: domain.to_owned(),
        version: image.version.clone(),
        image: name.clone(),
        program: image.program.clone().or(file_name).unwrap_or_default(),
        environment,
        resources,
    })
}

/// All of a task that a cluster has to know.
pub(super) fn addressed(program: &Program, task: &Task, destination: &Deployment) -> Result<TaskSpec, Fault> {
    let mut spec = program.spec(task)?;
    destination.apply_to(&mut spec);
    Ok(spec)
}

/// What a cluster would get wrong is said before.
pub(super) fn warn_of_incompatibilities(tasks: &[&Task]) -> Result<(), Fault> {
    for task in tasks {
        let requests: Vec<_> = task.secret_requests.iter().map(SecretRequest::request).collect();
        for incompatibility in incompatibilities(&requests) {
            let message = format!("task `{}`: {incompatibility}", task.name);
            if incompatibility.is_fatal() {
                return Err(Fault::failure(message).with_hint(incompatibility.hint()));
            }
            terminal::warning(&message);
            terminal::hint(&incompatibility.hint());
        }
    }
    Ok(())
}

/// A pod whose secret is missing never starts, and is not tried again: better to know before.
///
/// Where a secret has a group, the cluster may take it from elsewhere (a secret of Kubernetes, a vault): its absence is told, no more.
fn check_secrets(cluster: &Cluster, tasks: &[&Task], project: &str, domain: &str) -> Result<(), Fault> {
    let mut seen: Vec<&SecretRequest> = Vec::new();
    let mut missing: Vec<(&Task, &SecretRequest)> = Vec::new();
    for task in tasks {
        for request in &task.secret_requests {
            if seen.iter().any(|known| known.key == request.key && known.group == request.group) {
                continue;
            }
            seen.push(request);
            match cluster.wait(is_there(cluster, &request.key, project, domain)) {
                Ok(true) => {}
                Ok(false) if request.group.is_some() => terminal::warning(&format!(
                    "secret `{}` of task `{}` is none of the cluster's own: its group has to be somewhere else",
                    request.request(),
                    task.name
                )),
                Ok(false) => missing.push((task, request)),
                // Not every cluster keeps secrets itself.
                Err(error) if error.kind() == ErrorKind::Unimplemented => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = missing
        .iter()
        .map(|(task, request)| format!("`{}` (task `{}`)", request.request(), task.name))
        .collect();
    let endpoint = &cluster.client.config().endpoint;
    let message = match &told[..] {
        [one] => format!("secret {one} is not on {endpoint}: nothing was started"),
        many => {
            format!("{} secrets are not on {endpoint}: {}; nothing was started", many.len(), many.join(", "))
        }
    };
    let commands: Vec<String> = missing
        .iter()
        .map(|(_, request)| format!("sealkit create secret {} --remote", request.key))
        .collect();
    Err(Fault::failure(message).with_hint(format!(
        "create what is missing: {}; or, if the cluster takes secrets from elsewhere: --skip-check",
        commands.join("; ")
    )))
}

/// Whether a pod would find the secret: in its project, its domain, or everywhere.
async fn is_there(cluster: &Cluster, key: &str, project: &str, domain: &str) -> sealkit_remote::Result<bool> {
    let scopes = [(domain, project), (domain, ""), ("", "")];
    for (domain, project) in scopes {
        let scope = Scope { domain: domain.to_owned(), project: project.to_owned() };
        match cluster.client.secret(&SecretId { name: key.to_owned(), scope }).await {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Follows the run; Ctrl-C asks whether it is to be aborted.
async fn watched(cluster: &Cluster, run: &RunId, progress: &Progress) -> Result<RunOutcome, Fault> {
    let tell = |event: Event<'_>| progress.tell(event);
    let ending = cluster.client.follow(run, &tell);
    tokio::pin!(ending);
    let cannot = |error| Fault::failure(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    tokio::select! {
        ending = &mut ending => return Ok(ending?),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => return Err(left(run, cluster)),
    }
    if !(terminal::input_is_typed() && terminal::errors_are_seen()) {
        return Err(left(run, cluster));
    }
    terminal::done("");
    // On a thread of its own: whoever presses Ctrl-C again leaves, and the connection stays alive meanwhile.
    let (answered, answer) = oneshot::channel();
    let question = format!("Abort run {run} on the cluster?");
    thread::spawn(move || answered.send(prompt::confirm(&question)));
    let is_meant = tokio::select! {
        answer = answer => matches!(answer, Ok(Ok(true))),
        _ = interrupt.recv() => false,
    };
    if !is_meant {
        return Err(left(run, cluster));
    }
    cluster.client.abort(run, "aborted from the command line").await?;
    terminal::done(&format!("Aborted run {run}"));
    Err(Fault::interrupted())
}

/// Nobody watches any more; the run goes on.
fn left(run: &RunId, cluster: &Cluster) -> Fault {
    let console = cluster.client.config().console_url(&run.name, &run.project, &run.domain);
    Fault::interrupted().with_hint(format!("run {run} goes on: see {console}"))
}

fn failure(task: &str, ending: &RunOutcome, tasks: &[&Task]) -> Fault {
    let why = ending.reason.as_deref().unwrap_or_default().trim();
    let (why, hint) = match why.split_once("\nhint: ") {
        Some((why, hint)) => (why, Some(shown(hint))),
        None => (why, None),
    };
    let what = match ending.phase {
        ActionPhase::Aborted => "was aborted",
        ActionPhase::TimedOut => "has timed out",
        _ => "has failed",
    };
    // Errors of our own pods begin with the name of the task.
    let message = match why {
        "" => format!("task `{task}` {what}"),
        why if why.starts_with("task `") => shown(why),
        why => format!("task `{task}` {what}: {}", shown(why)),
    };
    let fault = Fault::failure(message);
    // The backend's word for a pod that was not let in.
    if why.contains("none of the secret managers injected secret") {
        let keys = tasks.iter().flat_map(|task| &task.secret_requests).map(|request| &*request.key);
        let mut keys: Vec<String> = keys.map(|key| format!("sealkit create secret {key} --remote")).collect();
        keys.sort();
        keys.dedup();
        return fault.with_hint(format!(
            "the cluster has not found a secret of the task, or cannot mount it as it is asked for: {}",
            keys.join("; ")
        ));
    }
    match hint {
        Some(hint) => fault.with_hint(hint),
        None => fault,
    }
}

/// What happens on the cluster, a line each.
struct Progress {
    task: String,
    started: Instant,
}

impl Progress {
    fn new(task: &str) -> Self {
        Self { task: task.to_owned(), started: Instant::now() }
    }

    fn tell(&self, event: Event<'_>) {
        let task = &self.task;
        match event {
            Event::Phase { phase, .. } if phase.is_terminal() => {}
            Event::Phase { phase, attempt } => {
                let again = if attempt > 1 { format!(", try {attempt}") } else { String::new() };
                terminal::done(&format!("{task} {}{again}", phase.as_str()));
            }
            Event::Retry { attempt, reason: why } => {
                let why = shown(why.lines().next().unwrap_or_default());
                terminal::done(&format!("{task} failed in try {attempt}, and is tried again: {why}"));
            }
            Event::Cluster(message) => terminal::done(&format!("{task}: {}", shown(message))),
            Event::Log(line) => terminal::printed(task, &shown(line)),
            Event::StillQueued => {
                terminal::warning(
                    "the run has been in the queue for a minute: the cluster may not have taken it",
                );
            }
            Event::ConnectionLost => terminal::note("the connection was lost, and is made again"),
            _ => {}
        }
    }

    fn end(&self, phase: ActionPhase) {
        let time = progress::display_duration(self.started.elapsed());
        terminal::done(&format!("{} {} in {time}", self.task, phase.as_str()));
    }
}
