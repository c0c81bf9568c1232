//! Follows a run on a cluster until it ends or the user interrupts the command.

use std::thread;

use sealkit_remote::{Event, RunId, RunOutcome};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use super::{Cluster, progress::Progress};
use crate::{arguments::ABORT_REASON, error::CommandError, prompt, terminal};

/// Follows the run to its end. Ctrl-C asks whether to abort it.
pub(super) async fn follow(
    cluster: &Cluster,
    run: &RunId,
    progress: &Progress,
) -> Result<RunOutcome, CommandError> {
    let on_event = |event: &Event| progress.print(event);
    let outcome = cluster.client.follow(run, &on_event);
    tokio::pin!(outcome);
    let signal_error = |error| {
        CommandError::failure(format!("cannot install signal handlers: {}", sealkit_names::io_reason(&error)))
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(signal_error)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(signal_error)?;
    tokio::select! {
        outcome = &mut outcome => return Ok(outcome?),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => return Err(detached(run, cluster)),
    }
    if !(terminal::stdin_is_terminal() && terminal::stderr_is_terminal()) {
        return Err(detached(run, cluster));
    }
    terminal::status("");
    // On a thread: a second Ctrl-C ends the command, and the connection stays alive during the question.
    let (sender, answer) = oneshot::channel();
    let question = format!("Abort run {run} on the cluster?");
    thread::spawn(move || sender.send(prompt::confirm(&question)));
    let is_confirmed = tokio::select! {
        answer = answer => matches!(answer, Ok(Ok(true))),
        _ = interrupt.recv() => false,
    };
    if !is_confirmed {
        return Err(detached(run, cluster));
    }
    cluster.client.abort(run, ABORT_REASON).await?;
    terminal::status(&format!("Aborted run {run}"));
    Err(CommandError::interrupted())
}

/// Returns the error of a command that stops following a run.
fn detached(run: &RunId, cluster: &Cluster) -> CommandError {
    let console = cluster.client.config().console_url(&run.name, &run.project, &run.domain);
    CommandError::interrupted().with_hint(format!("run {run} continues on the cluster: {console}"))
}
