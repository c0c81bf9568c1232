//! Warnings of what a task declares and Flyte 2 ignores, or does not see.

use sealkit_program::{Program, Task};

use crate::terminal;

/// Warns about each of these tasks of `program`. `first` is the task that a run begins with, and `no_cache` says that nothing is cached.
pub(super) fn warn(program: &Program, tasks: &[&Task], first: Option<&Task>, no_cache: bool) {
    for task in tasks {
        let reachable = program.reachable(task);
        let mut reachable = reachable.required.iter().chain(&reachable.possible);
        let has_secrets = reachable.any(|task| !task.secret_requests.is_empty());
        for (warning, hint) in warnings(task, has_secrets, first, no_cache) {
            terminal::warning(&format!("task `{}`: {warning}", task.name));
            terminal::hint(hint);
        }
    }
}

/// Returns the warnings about a task, each with a hint. `has_secrets` says that it, or a task that it may call, requests secrets.
fn warnings(
    task: &Task,
    has_secrets: bool,
    first: Option<&Task>,
    no_cache: bool,
) -> Vec<(&'static str, &'static str)> {
    let mut warnings = Vec::new();
    if let Some(cache) = task.cache.as_ref().filter(|_| !no_cache) {
        if has_secrets {
            warnings.push((
                "a cluster uses the cached result although a secret of the task, or of one that it may call, has changed",
                "change the version of the cache when you change the secret, or run with --no-cache",
            ));
        }
        if cache.max_age.is_some() {
            warnings.push((
                "open-source Flyte 2 ignores `max_age` of the cache, and uses older results",
                "ask the operator for `catalogCache.maxCacheAge`, or put the date into an input",
            ));
        }
    }
    let of_run = first.map(|first| first.interruptible.unwrap_or(false));
    if of_run.is_some_and(|of_run| task.interruptible.is_some_and(|own| own != of_run)) {
        warnings.push((
            "Flyte 2 ignores `interruptible` of called tasks: the value of the first task applies to the whole run",
            "set `interruptible` on the first task",
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use sealkit_program::Task;

    use super::*;

    fn task(members: &str) -> Task {
        let json = format!(
            r#"{{"name": "t", "kind": "task", "interface": {{"inputs": []}}, "secret_requests": [] {members}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn what_the_cluster_ignores_is_reported() {
        let plain = task("");
        let aged = task(r#", "cache": {"version": "v1", "max_age": "60s"}"#);
        let interruptible = task(r#", "interruptible": true"#);
        assert_eq!(warnings(&plain, false, Some(&interruptible), false), []);
        assert_eq!(warnings(&interruptible, false, Some(&interruptible), false), []);
        assert_eq!(warnings(&interruptible, false, None, false), []);
        let cached = task(r#", "cache": {"version": "v1"}"#);
        assert_eq!(warnings(&cached, false, None, false), []);
        assert!(warnings(&cached, true, None, false)[0].0.contains("a secret of the task"));
        assert_eq!(warnings(&plain, true, None, false), []);
        assert_eq!(warnings(&aged, false, None, true), []);
        assert!(warnings(&aged, false, None, false)[0].0.contains("`max_age`"));
        assert!(warnings(&interruptible, false, Some(&plain), false)[0].0.contains("`interruptible`"));
    }
}
