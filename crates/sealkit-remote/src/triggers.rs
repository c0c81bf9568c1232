//! Triggers: when deployed tasks are started.

use std::time::SystemTime;

use sealkit_idl::{
    common::ListRequest,
    service,
    trigger::{
        DeleteTriggersRequest, FixedRate, ListTriggersRequest, ListTriggersResponse, ScheduleExpression,
        Trigger as IdlTrigger, TriggerAutomationSpec, TriggerName, UpdateTriggersRequest,
    },
};

use crate::{
    client::Client,
    error::{Error, ErrorKind, Result},
    method::Method,
};

const LIST: Method = Method { service: service::TRIGGER, name: "ListTriggers", is_idempotent: true };
const UPDATE: Method = Method { service: service::TRIGGER, name: "UpdateTriggers", is_idempotent: true };
const DELETE: Method = Method { service: service::TRIGGER, name: "DeleteTriggers", is_idempotent: true };

/// The number of triggers of one request.
const PAGE: u32 = 100;

/// A trigger of a deployed task.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// The name.
    pub name: TriggerName,
    /// Whether it starts runs.
    pub active: bool,
    /// The times, such as `0 9 * * * (Europe/Berlin)` or `every 15 minutes`.
    pub schedule: String,
    /// When it last started a run.
    pub triggered: Option<SystemTime>,
}

impl Client {
    /// Returns the triggers of a project in a domain, sorted by task and name.
    ///
    /// # Errors
    ///
    /// Returns an error if a call fails.
    pub async fn list_triggers(&self, project: &str, domain: &str) -> Result<Vec<Trigger>> {
        let project = self.project_id(project, domain);
        let (mut triggers, mut token) = (Vec::new(), String::new());
        loop {
            let request = ListRequest { limit: PAGE, token: token.clone(), ..ListRequest::default() };
            let request = ListTriggersRequest { request: Some(request), project_id: Some(project.clone()) };
            let response: ListTriggersResponse = self.control_plane().call(LIST, &request).await?;
            let is_last = response.token.is_empty() || response.triggers.is_empty();
            triggers.extend(response.triggers.into_iter().filter_map(Trigger::new));
            if is_last {
                break;
            }
            // A server that repeats its pages must not keep this waiting forever.
            if response.token == token {
                let endpoint = &self.config().endpoint;
                let message = format!("cannot list the triggers of `{endpoint}`: the list does not end");
                return Err(Error::new(ErrorKind::Server, message));
            }
            token = response.token;
        }
        triggers.sort_by(|a, b| (&a.name.task_name, &a.name.name).cmp(&(&b.name.task_name, &b.name.name)));
        Ok(triggers)
    }

    /// Pauses or resumes triggers.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn set_active(&self, names: Vec<TriggerName>, active: bool) -> Result<()> {
        let request = UpdateTriggersRequest { names, active };
        self.control_plane().call::<_, service::Empty>(UPDATE, &request).await?;
        Ok(())
    }

    /// Deletes triggers.
    ///
    /// # Errors
    ///
    /// Returns an error if the call fails.
    pub async fn delete_triggers(&self, names: Vec<TriggerName>) -> Result<()> {
        let request = DeleteTriggersRequest { names };
        self.control_plane().call::<_, service::Empty>(DELETE, &request).await?;
        Ok(())
    }
}

impl Trigger {
    fn new(trigger: IdlTrigger) -> Option<Self> {
        let triggered = trigger.status.and_then(|status| status.triggered_at);
        Some(Self {
            name: trigger.id?.name?,
            active: trigger.active,
            schedule: display(trigger.automation_spec),
            triggered: triggered.and_then(|time| SystemTime::try_from(time).ok()),
        })
    }
}

fn display(automation: Option<TriggerAutomationSpec>) -> String {
    let schedule = automation.and_then(|automation| automation.schedule);
    match schedule.and_then(|schedule| schedule.expression) {
        Some(ScheduleExpression::Cron(cron)) => {
            let timezone = if cron.timezone.is_empty() { "UTC" } else { &cron.timezone };
            format!("{} ({timezone})", cron.expression)
        }
        Some(ScheduleExpression::Rate(FixedRate { value, unit, .. })) => {
            let minutes = match unit {
                2 => 60,
                3 => 1440,
                _ => 1,
            };
            sealkit_names::schedule::display_interval(u64::from(value) * minutes)
        }
        None => "on demand".to_owned(),
    }
}
