//! The cached results of local runs.

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
    let count = open(true).map_or(Ok(0), |cache| cache.delete(task)).map_err(|error| {
        let reason = sealkit_names::io_reason(&error);
        CommandError::failure(format!("cannot delete the cached results: {reason}"))
    })?;
    let of = task.map(|task| format!(" of task `{task}`")).unwrap_or_default();
    let results = if count == 1 { "result" } else { "results" };
    terminal::status(&format!("Deleted {count} cached {results}{of}"));
    Ok(())
}
