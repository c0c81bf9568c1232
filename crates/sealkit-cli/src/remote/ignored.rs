//! Warnings of what a task declares and Flyte 2 ignores, or does not see.

use sealkit_program::Task;

use crate::terminal;

/// Warns about each of these tasks. `first` is the task that a run begins with, and `no_cache` says that nothing is cached.
pub(super) fn warn(tasks: &[&Task], first: Option<&Task>, no_cache: bool) {
    for task in tasks {
        for (warning, hint) in warnings(task, first, no_cache) {
            terminal::warning(&format!("task `{}`: {warning}", task.name));
            terminal::hint(hint);
        }
    }
}

/// Returns the warnings about a task, each with a hint.
fn warnings(task: &Task, first: Option<&Task>, no_cache: bool) -> Vec<(&'static str, &'static str)> {
    let mut warnings = Vec::new();
    if let Some(cache) = task.cache.as_ref().filter(|_| !no_cache) {
        if !task.secret_requests.is_empty() {
            warnings.push((
                "a cluster uses the cached result although a secret of the task has changed",
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
        assert_eq!(warnings(&plain, Some(&interruptible), false), []);
        assert_eq!(warnings(&interruptible, Some(&interruptible), false), []);
        assert_eq!(warnings(&interruptible, None, false), []);
        assert_eq!(warnings(&task(r#", "cache": {"version": "v1"}"#), None, false), []);
        assert_eq!(warnings(&aged, None, true), []);
        assert!(warnings(&aged, None, false)[0].0.contains("`max_age`"));
        assert!(warnings(&interruptible, Some(&plain), false)[0].0.contains("`interruptible`"));
    }
}
