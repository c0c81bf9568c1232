//! Watches the actions of a run, and follows each child action.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sealkit_idl::{
    service,
    workflow::{Action, WatchActionsRequest, WatchActionsResponse},
};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{
    FIRST_ACTION, RunAction,
    action::Naming,
    child,
    context::Context,
    event::{Event, Reporter},
    logs::is_temporary,
    progress::Progress,
};
use crate::{
    client::{Client, ResponseStream},
    method::Method,
    rpc_error::RpcError,
};

const WATCH: Method = Method { service: service::RUN, name: "WatchActions", is_idempotent: true };

/// How many connections in a row may be lost without an update.
const MAX_LOST_CONNECTIONS: u32 = 8;

/// Follows all child actions until the run and all of them have ended.
pub(super) async fn follow(context: Context) {
    let (mut tree, mut children) = (Tree::default(), JoinSet::new());
    let mut lost = 0_u32;
    loop {
        let before = tree.updates;
        match receive(&context, &mut tree, &mut children).await {
            Ok(()) if tree.has_ended() => break,
            Ok(()) => {}
            Err(error) if is_temporary(&error) && lost < MAX_LOST_CONNECTIONS => {}
            // Without this service, only the first action is followed.
            Err(error) => {
                let _ = context.events.send(Event::ChildrenUnavailable(error.into())).await;
                break;
            }
        }
        lost = if tree.updates > before { 0 } else { lost + 1 };
        sleep(Duration::from_millis(250 << lost.min(5))).await;
    }
    // A child whose end is not known stops waiting for it.
    drop(tree);
    while children.join_next().await.is_some() {}
}

/// Receives updates over one connection. It never ends by itself, so this returns at the end of the run.
async fn receive(context: &Context, tree: &mut Tree, children: &mut JoinSet<()>) -> Result<(), RpcError> {
    let run = context.run.identifier(context.client.org());
    let mut stream = context.client.watch_actions(WatchActionsRequest { run_id: Some(run) }).await?;
    while let Some(message) = stream.next().await? {
        for action in message.enriched_actions.iter().filter_map(|one| one.action.as_ref()) {
            if let Some((action, progress)) = tree.update(action) {
                let reporter = Reporter { action, events: context.events.clone() };
                children.spawn(child::follow(context.clone(), reporter, progress));
            }
        }
        if tree.has_ended() {
            break;
        }
    }
    Ok(())
}

impl Client {
    /// Watches the actions of a run. An unknown run has no messages.
    pub(super) async fn watch_actions(
        &self,
        request: WatchActionsRequest,
    ) -> Result<ResponseStream<'_, WatchActionsRequest, WatchActionsResponse>, RpcError> {
        self.control_plane().stream(WATCH, &request).await
    }
}

/// The latest states of the actions of a run.
#[derive(Debug, Default)]
struct Tree {
    naming: Naming,
    children: HashMap<String, watch::Sender<Progress>>,
    updates: u64,
    has_first_ended: bool,
}

impl Tree {
    /// Applies the state of an action. Returns a child action that is new.
    fn update(&mut self, action: &Action) -> Option<(Arc<RunAction>, watch::Receiver<Progress>)> {
        self.updates += 1;
        let named = self.naming.name(action)?;
        let status = action.status.clone().unwrap_or_default();
        if named.name == FIRST_ACTION {
            self.has_first_ended |= status.phase().is_terminal();
            return None;
        }
        if let Some(progress) = self.children.get(&named.name) {
            progress.send_if_modified(|progress| {
                let before = *progress;
                progress.update(&status, 0);
                *progress != before
            });
            return None;
        }
        let mut progress = Progress::default();
        progress.update(&status, 0);
        let (sender, receiver) = watch::channel(progress);
        self.children.insert(named.name.clone(), sender);
        Some((named, receiver))
    }

    /// Returns whether the first action and all its descendants have ended. The end of the first action comes after all
    /// actions that were created before it.
    fn has_ended(&self) -> bool {
        self.has_first_ended && self.children.values().all(|progress| progress.borrow().is_over)
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::common::ActionPhase;

    use super::{super::action::tests::action, *};

    #[test]
    fn a_tree_has_ended_when_all_its_actions_have() {
        let mut tree = Tree::default();
        assert!(tree.update(&action("a0", "", "main", ActionPhase::Running)).is_none());
        let (child, progress) = tree.update(&action("x", "a0", "t1", ActionPhase::Queued)).unwrap();
        assert_eq!((child.label(), child.depth), ("t1".to_owned(), 1));
        assert_eq!(*progress.borrow(), Progress::default());
        assert!(tree.update(&action("x", "a0", "t1", ActionPhase::Running)).is_none());
        assert_eq!(progress.borrow().attempts, 1);
        tree.update(&action("a0", "", "main", ActionPhase::Aborted));
        assert!(!tree.has_ended());
        tree.update(&action("x", "a0", "t1", ActionPhase::Aborted));
        assert!(tree.has_ended());
        assert_eq!(progress.borrow().ended, Some(ActionPhase::Aborted));
    }

    #[test]
    fn fewer_attempts_than_before_are_ignored() {
        let mut tree = Tree::default();
        let state = |phase, attempts| {
            let mut state = action("x", "a0", "t1", phase);
            state.status.as_mut().unwrap().attempts = attempts;
            state
        };
        let (_, progress) = tree.update(&state(ActionPhase::Queued, 1)).unwrap();
        // The pod does not run yet.
        assert_eq!(progress.borrow().attempts, 0);
        for (phase, attempts, expected) in [
            (ActionPhase::Running, 0, 1),
            (ActionPhase::Queued, 2, 1),
            (ActionPhase::Running, 2, 2),
            (ActionPhase::Running, 0, 2),
            (ActionPhase::Succeeded, 0, 2),
        ] {
            tree.update(&state(phase, attempts));
            assert_eq!(progress.borrow().attempts, expected);
        }
    }
}
