//! `abort run`: abort a run on a cluster.

use super::Cluster;
use crate::{arguments::AbortRun, error::CommandError, prompt, terminal};

pub(crate) fn abort_run(args: &AbortRun) -> Result<(), CommandError> {
    let cluster = Cluster::open(&args.scope.cluster)?;
    let run = cluster.run_id(&args.scope, &args.run)?;
    let phase = cluster.wait(cluster.client.run_phase(&run))?;
    // The server would mark a run that has succeeded as aborted, and its outputs would be lost.
    if phase.is_terminal() {
        return Err(CommandError::failure(format!(
            "cannot abort run `{run}`: it has already ended: {}",
            phase.as_str()
        ))
        .with_hint(format!("see its outcome: sealkit get run {run}")));
    }
    if !args.yes {
        prompt::require_terminal(format!("to continue without it: sealkit abort run {run} -y"))?;
        let endpoint = &cluster.client.config().endpoint;
        if !prompt::confirm(&format!("Abort run {run} ({}) on {endpoint}?", phase.as_str()))? {
            return Err(CommandError::failure(format!("run `{run}` was not aborted")));
        }
        // It may have ended during the question.
        if cluster.wait(cluster.client.run_phase(&run))?.is_terminal() {
            return Err(CommandError::failure(format!("cannot abort run `{run}`: it has already ended"))
                .with_hint(format!("see its outcome: sealkit get run {run}")));
        }
    }
    cluster.wait(cluster.client.abort(&run, &args.reason))?;
    terminal::status(&format!("Aborted run {run}"));
    Ok(())
}
