//! The size limit of outputs.

use std::env;

use sealkit_names::variables::MAX_OUTPUT;
use sealkit_protocol::{Code, Problem};

use crate::TaskMetadata;

/// The default of `storage.limits.maxDownloadMBs` in MiB: Flyte reads no larger file (`flytestdlib/storage`).
const DEFAULT_LIMIT: u64 = 2;

/// Returns an error if the outputs are larger than Flyte reads.
///
/// Flyte would fail the task without a reason. The variable [`MAX_OUTPUT`] holds the limit of a cluster with a larger one.
pub(super) fn check(task: &TaskMetadata, size: usize) -> Result<(), Problem> {
    let limit = env::var(MAX_OUTPUT).ok().and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT_LIMIT);
    check_size(task.name(), size as u64, limit)
}

fn check_size(task: &str, size: u64, limit: u64) -> Result<(), Problem> {
    if size <= limit.saturating_mul(1 << 20) {
        return Ok(());
    }
    let message =
        format!("the output of task `{task}` has {size} bytes, and Flyte reads no more than {limit} MiB");
    let hint = format!(
        "write it to a file and return a `File`, or raise Flyte's `storage.limits.maxDownloadMBs` and set {MAX_OUTPUT} to the same value"
    );
    Err(Problem::new(Code::TooLarge, message).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_may_be_as_large_as_flyte_reads() {
        assert!(check_size("t1", 2 << 20, DEFAULT_LIMIT).is_ok());
        let problem = check_size("t1", (2 << 20) + 1, DEFAULT_LIMIT).err();
        let message = problem.map(|problem| problem.message).unwrap_or_default();
        assert!(
            message
                .starts_with("the output of task `t1` has 2097153 bytes, and Flyte reads no more than 2 MiB")
        );
        assert!(check_size("t1", (2 << 20) + 1, 3).is_ok() && check_size("t1", u64::MAX, u64::MAX).is_ok());
    }
}
