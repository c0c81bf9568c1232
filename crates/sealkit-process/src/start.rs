//! What is done before `main`.

use std::{env, sync::OnceLock};

use crate::block::{self, Variable};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use sealkit_names::variables;

/// The variables that were taken out of the environment, in the order they were there.
static TAKEN: OnceLock<Vec<Variable>> = OnceLock::new();

/// Called by the loader, on the only thread that there is.
pub(crate) fn at_start() {
    if env::var_os(variables::EXECUTION_ID).is_none_or(|id| id.is_empty()) {
        return;
    }
    if env::var_os(variables::DEBUGGABLE).is_none_or(|value| value.is_empty()) {
        // Where the system refuses, the process runs as it would have without us.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    let prefixes = prefixes();
    let _ = TAKEN.set(block::take(|name| is_secret(name, &prefixes)));
}

pub(crate) fn secret(name: &str) -> Option<&'static [u8]> {
    TAKEN.get()?.iter().find(|taken| taken.name == name).map(|taken| &**taken.value)
}

fn prefixes() -> Vec<String> {
    let mut prefixes = variables::DEFAULT_ENV_PREFIXES.map(str::to_owned).to_vec();
    prefixes.extend(env::var(variables::ENV_PREFIX).ok().map(|prefix| prefix.trim().to_owned()));
    // Whatever begins like a word of its own may be anything.
    prefixes.retain(|prefix| prefix.ends_with('_') && prefix.len() > 1);
    prefixes
}

fn is_secret(name: &str, prefixes: &[String]) -> bool {
    let is_ours = ["FLYTE_SECRETS_", "FLYTE_INTERNAL_"].iter().any(|ours| name.starts_with(ours));
    !is_ours && prefixes.iter().any(|prefix| name.starts_with(&**prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_prefix() {
        let prefixes = ["_UNION_".to_owned(), "FLYTE_".to_owned()];
        for (name, secret) in [
            ("_UNION_MY_SECRET", true),
            ("FLYTE_MY_SECRET", true),
            ("FLYTE_SECRETS_ENV_PREFIX", false),
            ("FLYTE_INTERNAL_EXECUTION_ID", false),
            ("HF_TOKEN", false),
            ("PATH", false),
        ] {
            assert_eq!(is_secret(name, &prefixes), secret, "{name}");
        }
    }
}
