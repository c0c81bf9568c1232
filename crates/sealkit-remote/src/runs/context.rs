//! The state that all tasks share while they follow a run.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, mpsc};

use super::{RunId, event::Event};
use crate::client::Client;

/// How long an action may be queued before [`StillQueued`](super::ActionEvent::StillQueued) is reported. The server reports no
/// error if it fails to start a run.
pub(super) const QUEUE_WARNING_DELAY: Duration = Duration::from_secs(60);

/// The state that all tasks share while they follow a run.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) run: RunId,
    pub(super) events: mpsc::Sender<Event>,
    /// Limits the logs that are streamed at once.
    pub(super) log_streams: Arc<Semaphore>,
}
