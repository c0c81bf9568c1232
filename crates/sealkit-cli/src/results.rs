//! The cached results of local runs.

use std::io;

use sealkit_engine::ResultCache;

use crate::{directories, error::CommandError, terminal};

/// Returns the cache, or `None` without a home directory. Cached results are used if `is_read` is set.
pub(crate) fn open(is_read: bool) -> Option<ResultCache> {
    directories::results().map(|directory| ResultCache::new(directory, is_read))
}

/// Deletes the results of a task, or all.
pub(crate) fn delete(task: Option<&str>) -> Result<(), CommandError> {
    if let Some(task) = task
        && let Err(error) = sealkit_names::rules::check_task_name(task)
    {
        return Err(CommandError::usage(error.message(task)));
    }
    let cannot = |error: io::Error| {
        let reason = sealkit_names::io_reason(&error);
        CommandError::failure(format!("cannot delete the cached results: {reason}"))
    };
    let cache = open(true);
    if let Some(task) = task {
        let known = cache.as_ref().map_or(Ok(Vec::new()), ResultCache::tasks).map_err(cannot)?;
        check_known(task, &known)?;
    }
    let count = cache.map_or(Ok(0), |cache| cache.delete(task)).map_err(cannot)?;
    let of = task.map(|task| format!(" of task `{task}`")).unwrap_or_default();
    let results = if count == 1 { "result" } else { "results" };
    terminal::status(&format!("Deleted {count} cached {results}{of}"));
    Ok(())
}

/// Returns an error unless the task has had results.
fn check_known(task: &str, known: &[String]) -> Result<(), CommandError> {
    if known.iter().any(|name| name == task) {
        return Ok(());
    }
    let error = CommandError::failure(format!("no results of task `{task}` are cached"));
    Err(match sealkit_names::nearest(task, known.iter().map(String::as_str)) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error,
    })
}
