//! Follows a child action.

use tokio::sync::watch;

use super::{
    context::Context,
    event::{ActionEvent, Reporter},
    logs,
    progress::Progress,
    report::outcome,
};

/// Reports the attempts of a child action, their lines and its end.
pub(super) async fn follow(context: Context, reporter: Reporter, progress: watch::Receiver<Progress>) {
    logs::follow(&context, &reporter, progress.clone()).await;
    let Progress { ended: Some(phase), duration, .. } = *progress.borrow() else { return };
    let reason = if phase.is_success() {
        None
    } else {
        let details = context.client.action_details(&context.run, &reporter.action.name).await;
        details.ok().and_then(|details| outcome(&details)?.reason)
    };
    reporter.report(ActionEvent::Ended { phase, duration, reason }).await;
}
