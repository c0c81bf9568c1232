//! Warnings of what a task declares and Flyte 2 ignores, or does not see.

use sealkit_program::Task;

use crate::terminal;

/// Warns about each of these tasks. `first` is the task that a run begins with.
pub(super) fn warn(tasks: &[&Task], first: Option<&Task>) {
    for task in tasks {
        for (warning, hint) in warnings(task, first) {
            terminal::warning(&format!("task `{}`: {warning}", task.name));
            terminal::hint(hint);
        }
    }
}

/// Returns the warnings about a task, each with a hint.
fn warnings(task: &Task, first: Option<&Task>) -> Vec<(&'static str, &'static str)> {
    let mut warnings = Vec::new();
    if let Some(cache) = &task.cache {
        if !task.secret_requests.is_empty() {
            warnings.push((
                "a cluster uses the cached result although a secret of the task has changed",
                "change the version of the cache with the secret, or run with --no-cache",
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
            "Flyte 2 ignores `interruptible` of a called task, which has that of the first task of the run",
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
        assert_eq!(warnings(&plain, Some(&interruptible)), []);
        assert_eq!(warnings(&interruptible, Some(&interruptible)), []);
        assert_eq!(warnings(&interruptible, None), []);
        assert_eq!(warnings(&task(r#", "cache": {"version": "v1"}"#), None), []);
        assert!(warnings(&aged, None)[0].0.contains("`max_age`"));
        assert!(warnings(&interruptible, Some(&plain))[0].0.contains("`interruptible`"));
    }
}
