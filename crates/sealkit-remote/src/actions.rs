//! Actions that an action asks for: a task that is called from a task, each in a pod of its own.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use sealkit_idl::{
    actions::{
        AbortRequest, Action, ActionSpec, EnqueueRequest, WatchFilter, WatchForUpdatesRequest,
        WatchForUpdatesResponse, WatchMessage,
    },
    common::ActionIdentifier,
    service,
    task::{Outputs, TaskSpec},
    workflow::{ActionUpdate, TaskAction},
};
use tokio::{sync::watch, time::sleep};
use tonic::Code;

use crate::{
    client::{Client, Method},
    error::{Error, ErrorKind, Result},
    refused::Refused,
};

const ENQUEUE: Method = Method { service: service::ACTIONS, name: "Enqueue", is_idempotent: true };
const ABORT: Method = Method { service: service::ACTIONS, name: "Abort", is_idempotent: true };
const WATCH: Method = Method { service: service::ACTIONS, name: "WatchForUpdates", is_idempotent: true };

/// How often in a row a connection may be lost before anything new is heard: the control plane may be restarted meanwhile.
const CONNECTIONS: u32 = 20;

/// The actions that one action asks for.
#[derive(Clone, Debug)]
pub struct Actions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    parent: ActionIdentifier,
    /// What has become of them, once somebody wants to know.
    updates: OnceLock<watch::Receiver<Heard>>,
}

/// All that was heard so far.
#[derive(Debug, Default)]
struct Heard {
    updates: HashMap<String, ActionUpdate>,
    /// Nothing more will be.
    lost: Option<Error>,
}

/// An action that is asked for.
#[derive(Clone, Debug)]
pub struct Child {
    /// Its name: the same call has to have the same name when the parent is tried again.
    pub name: String,
    /// Where its inputs are.
    pub input_uri: String,
    /// Below what its outputs are to be.
    pub run_output_base: String,
    /// What it runs.
    pub task: TaskSpec,
}

impl Actions {
    /// Those that the action `parent` asks for.
    pub fn new(client: Client, parent: ActionIdentifier) -> Self {
        Self(Arc::new(Inner { client, parent, updates: OnceLock::new() }))
    }

    /// Runs an action, and waits until it has ended, in whatever way. Tells too whether it was there already, asked for by a try of the
    /// parent before this one.
    ///
    /// It has to be called on a tokio runtime, where the updates are listened to from the first call on.
    ///
    /// # Errors
    ///
    /// When it cannot be asked for, or nobody tells any more what becomes of it.
    pub async fn run(&self, child: Child) -> Result<(ActionUpdate, bool)> {
        let Child { name, input_uri, run_output_base, task } = child;
        let mut heard = self.updates();
        let task = TaskAction { id: Some(task.id()), spec: Some(task) };
        let action = Action {
            action_id: Some(self.id(&name)),
            parent_action_name: Some(self.0.parent.name.clone()),
            input_uri,
            run_output_base,
            spec: Some(ActionSpec::Task(Box::new(task))),
        };
        let request = EnqueueRequest { action: Some(action) };
        let was_there = match self.0.client.control_plane().call::<_, service::Empty>(ENQUEUE, &request).await
        {
            // Open-source Flyte has another code for it.
            Err(refused) if refused.code() == Code::AlreadyExists || refused.says("already exists") => {
                !refused.was_tried_again
            }
            other => other.map(|_| false)?,
        };
        let is_known = |heard: &Heard| {
            let update = heard.updates.get(&name);
            heard.lost.is_some() || update.is_some_and(|update| update.phase().is_terminal())
        };
        let gone = || Error::new(ErrorKind::Local, "the actions of this task are not watched any more");
        let heard = heard.wait_for(is_known).await.map_err(|_| gone())?;
        let update = heard.updates.get(&name).filter(|update| update.phase().is_terminal());
        match (update, &heard.lost) {
            (Some(update), _) => Ok((update.clone(), was_there)),
            (None, lost) => Err(lost.clone().unwrap_or_else(gone)),
        }
    }

    /// What an action that has succeeded returned, from the control plane: where its files are is not always told right.
    ///
    /// # Errors
    ///
    /// Whatever keeps the call from being answered.
    pub async fn outputs(&self, name: &str) -> Result<Outputs> {
        self.0.client.action_outputs(self.id(name)).await
    }

    /// Ends an action whose result nobody wants any more.
    ///
    /// # Errors
    ///
    /// Whatever keeps the call from being answered.
    pub async fn abort(&self, name: &str) -> Result<()> {
        let reason = Some("its caller does not wait any more".to_owned());
        let request = AbortRequest { action_id: Some(self.id(name)), reason };
        match self.0.client.control_plane().call::<_, service::Empty>(ABORT, &request).await {
            // It has ended already.
            Err(refused) if matches!(refused.code(), Code::NotFound | Code::FailedPrecondition) => Ok(()),
            other => other.map(|_| ()).map_err(Error::from),
        }
    }

    fn id(&self, name: &str) -> ActionIdentifier {
        ActionIdentifier { run: self.0.parent.run.clone(), name: name.to_owned() }
    }

    fn updates(&self) -> watch::Receiver<Heard> {
        let listen = || {
            let (sender, receiver) = watch::channel(Heard::default());
            tokio::spawn(listen(self.0.client.clone(), self.0.parent.clone(), sender));
            receiver
        };
        self.0.updates.get_or_init(listen).clone()
    }
}

/// Listens over as many connections as it takes, as long as there is somebody who wants to know.
async fn listen(client: Client, parent: ActionIdentifier, heard: watch::Sender<Heard>) {
    let mut lost = 0;
    loop {
        let mut is_new = false;
        let outcome = hear(&client, &parent, &heard, &mut is_new).await;
        lost = if is_new { 0 } else { lost + 1 };
        let refused = match outcome {
            Ok(()) if heard.is_closed() => return,
            Ok(()) => None,
            Err(refused) => Some(refused),
        };
        let is_final = refused.as_ref().is_some_and(|refused| !refused.is_interruption());
        if is_final || lost == CONNECTIONS {
            let silent = || Error::new(ErrorKind::Server, "the control plane tells nothing of the actions");
            let error = refused.map_or_else(silent, Error::from);
            heard.send_modify(|heard| heard.lost = Some(error));
            return;
        }
        sleep(Duration::from_millis(250 << lost.min(5))).await;
    }
}

async fn hear(
    client: &Client,
    parent: &ActionIdentifier,
    heard: &watch::Sender<Heard>,
    is_new: &mut bool,
) -> Result<(), Refused> {
    let route = client.control_plane();
    let request = WatchForUpdatesRequest { filter: Some(WatchFilter::ParentActionId(parent.clone())) };
    let mut stream = route.watch::<_, WatchForUpdatesResponse>(WATCH, &request).await?;
    while let Some(message) = stream.next().await? {
        *is_new = true;
        if let Some(WatchMessage::ActionUpdate(update)) = message.message {
            let name = update.action_id.clone().unwrap_or_default().name;
            heard.send_modify(|heard| {
                heard.updates.insert(name, update);
            });
        }
    }
    Ok(())
}
