//! The run and the action that this process belongs to.

use std::{env, sync::OnceLock};

use sealkit_names::variables;

/// The names of the run and the action from the command line of the pod.
static FROM_ARGUMENTS: OnceLock<[Option<String>; 2]> = OnceLock::new();

/// Sets the names from the command line. Flyte leaves `{{.runName}}` unreplaced there; Union replaces it.
pub(crate) fn set(run: Option<&str>, action: Option<&str>) {
    let _ = FROM_ARGUMENTS.set([run, action].map(|name| name.map(str::to_owned)));
}

/// Returns the name of the run on Flyte 2, or of the execution on Flyte 1.
pub(crate) fn run_name() -> Option<String> {
    from_arguments(0).or_else(|| from_environment(&[variables::RUN_NAME, variables::EXECUTION_ID]))
}

/// Returns the name of the action on Flyte 2.
pub(crate) fn action_name() -> Option<String> {
    from_arguments(1).or_else(|| from_environment(&[variables::ACTION_NAME]))
}

/// Returns the project of the run.
pub(crate) fn project() -> Option<String> {
    from_environment(&[variables::EXECUTION_SCOPE[1]])
}

/// Returns the domain of the run.
pub(crate) fn domain() -> Option<String> {
    from_environment(&[variables::EXECUTION_SCOPE[0]])
}

/// Returns the version of the task.
pub(crate) fn version() -> Option<String> {
    from_environment(&[variables::TASK_VERSION])
}

/// Returns the number of the attempt of a pod, from 1.
pub(crate) fn attempt() -> Option<u32> {
    let number = |name| from_environment(&[name])?.parse::<u32>().ok();
    number(variables::ATTEMPT_FROM_ONE).or_else(|| number(variables::ATTEMPT)?.checked_add(1))
}

/// Whether this process is an action of a run on Flyte 2, which can start child actions.
pub(crate) fn is_action() -> bool {
    crate::provider::is_pod() && env::var_os(variables::RUN_NAME).is_some() && action_name().is_some()
}

fn from_arguments(index: usize) -> Option<String> {
    FROM_ARGUMENTS.get()?.get(index)?.clone()
}

/// Other programs use variables with these names too, so they count only in a pod.
fn from_environment(names: &[&str]) -> Option<String> {
    let value = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
    names.iter().filter(|_| crate::provider::is_pod()).find_map(value)
}
