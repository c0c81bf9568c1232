//! Which run this process belongs to.

use std::{env, sync::OnceLock};

use sealkit_names::variables;

/// The run and the action that the command line of the pod has named; a process is one pod and no other.
static TOLD: OnceLock<[Option<String>; 2]> = OnceLock::new();

/// Notes what the command line says; Flyte leaves `{{.runName}}` as it is, Union fills it in.
pub(crate) fn tell(run: Option<&str>, action: Option<&str>) {
    let _ = TOLD.set([run, action].map(|name| name.map(str::to_owned)));
}

/// The name of the run on Flyte 2, of the execution on Flyte 1.
pub(crate) fn run() -> Option<String> {
    told(0).or_else(|| from_environment(&[variables::RUN_NAME, variables::EXECUTION_ID]))
}

/// The name of the action on Flyte 2.
pub(crate) fn action() -> Option<String> {
    told(1).or_else(|| from_environment(&[variables::ACTION_NAME]))
}

/// Whether this process is an action of a run on Flyte 2, which can have further ones.
pub(crate) fn is_action() -> bool {
    crate::provider::is_pod() && env::var_os(variables::RUN_NAME).is_some() && action().is_some()
}

fn told(which: usize) -> Option<String> {
    TOLD.get()?.get(which)?.clone()
}

/// Other programs have variables of these names too: they count in a pod only.
fn from_environment(names: &[&str]) -> Option<String> {
    let value = |name: &&str| env::var(name).ok().filter(|value| !value.is_empty());
    names.iter().filter(|_| crate::provider::is_pod()).find_map(value)
}
