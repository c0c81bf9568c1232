//! The actions of a run, and their names.

use std::{collections::HashMap, sync::Arc};

use sealkit_idl::workflow::{Action, ActionKind, ActionMetadata};

/// An action of a run: a call of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAction {
    /// The name of the action.
    pub name: String,
    /// The short name of the task.
    pub task: String,
    /// The number of the call of this task in the run, from 1.
    pub call: u32,
    /// The number of ancestors.
    pub depth: usize,
}

impl RunAction {
    /// Returns the name of the task; the second call of a task is `task[2]`, as in a local run.
    pub fn label(&self) -> String {
        if self.call > 1 { format!("{}[{}]", self.task, self.call) } else { self.task.clone() }
    }

    /// Returns whether `selector` names this action: its task, its label or its own name.
    pub fn is_selected_by(&self, selector: &str) -> bool {
        selector == self.task || selector == self.name || selector == self.label()
    }
}

/// Names the actions of a run in the order of their creation.
#[derive(Debug, Default)]
pub(super) struct Naming {
    actions: HashMap<String, Arc<RunAction>>,
    calls: HashMap<String, u32>,
}

impl Naming {
    /// Returns the action, which is new if it was not named before. Returns `None` for a trace, which has no pod.
    pub(super) fn name(&mut self, action: &Action) -> Option<Arc<RunAction>> {
        let name = action.id.as_ref()?.name.clone();
        if let Some(known) = self.actions.get(&name) {
            return Some(Arc::clone(known));
        }
        let metadata = action.metadata.clone().unwrap_or_default();
        if matches!(metadata.kind, Some(ActionKind::Trace(_))) {
            return None;
        }
        let task = task_name(&metadata).unwrap_or(&name).to_owned();
        let call = self.calls.entry(task.clone()).or_default();
        *call += 1;
        let depth = self.actions.get(&metadata.parent).map_or(0, |parent| parent.depth + 1);
        let named = Arc::new(RunAction { name: name.clone(), task, call: *call, depth });
        self.actions.insert(name, Arc::clone(&named));
        Some(named)
    }
}

/// Returns the name of the task or the condition.
pub(super) fn task_name(metadata: &ActionMetadata) -> Option<&str> {
    let name = match metadata.kind.as_ref()? {
        ActionKind::Task(task) if task.short_name.is_empty() => &task.id.as_ref()?.name,
        ActionKind::Task(task) => &task.short_name,
        ActionKind::Trace(named) | ActionKind::Condition(named) => &named.name,
    };
    Some(String::as_str(name)).filter(|name| !name.is_empty())
}

#[cfg(test)]
pub(super) mod tests {
    use sealkit_idl::{
        common::{ActionIdentifier, ActionPhase},
        workflow::{ActionStatus, NamedActionMetadata, TaskActionMetadata},
    };

    use super::*;

    pub(in super::super) fn action(name: &str, parent: &str, task: &str, phase: ActionPhase) -> Action {
        let task = TaskActionMetadata { id: None, short_name: task.to_owned() };
        Action {
            id: Some(ActionIdentifier { run: None, name: name.to_owned() }),
            metadata: Some(ActionMetadata { parent: parent.to_owned(), kind: Some(ActionKind::Task(task)) }),
            status: Some(ActionStatus { phase: phase.into(), ..ActionStatus::default() }),
        }
    }

    #[test]
    fn actions_are_named_after_their_tasks_and_calls() {
        let mut naming = Naming::default();
        let mut label = |name, parent, task| {
            let action = naming.name(&action(name, parent, task, ActionPhase::Running)).unwrap();
            (action.label(), action.depth)
        };
        assert_eq!(label("a0", "", "main"), ("main".to_owned(), 0));
        assert_eq!(label("x", "a0", "t1"), ("t1".to_owned(), 1));
        assert_eq!(label("y", "a0", "t1"), ("t1[2]".to_owned(), 1));
        assert_eq!(label("z", "y", "t2"), ("t2".to_owned(), 2));
        // The same action is not another call.
        assert_eq!(label("y", "a0", "t1"), ("t1[2]".to_owned(), 1));
        assert_eq!(label("w", "a0", ""), ("w".to_owned(), 1));
    }

    #[test]
    fn traces_are_left_out() {
        let mut trace = action("x", "a0", "", ActionPhase::Succeeded);
        let kind = Some(ActionKind::Trace(NamedActionMetadata { name: "fetch".to_owned() }));
        trace.metadata = Some(ActionMetadata { parent: "a0".to_owned(), kind });
        assert_eq!(Naming::default().name(&trace), None);
    }
}
