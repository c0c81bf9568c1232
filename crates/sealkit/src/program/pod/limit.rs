//! How large the outputs of a pod may be.

use std::env;

use sealkit_idl::core::{ContainerErrorKind, ErrorOrigin};
use sealkit_names::variables::MAX_OUTPUT;

use super::failed::{Failed, advised};
use crate::{ErrorKind, TaskMetadata};

/// The default of `storage.limits.maxDownloadMBs`, by which Flyte reads no file that has more (`flytestdlib/storage`).
const DEFAULT: u64 = 2;

/// Refuses outputs that Flyte would not read.
///
/// It would call the task failed, and say nothing of why. Whoever runs a Flyte with a larger limit says so in the variable
/// [`MAX_OUTPUT`].
pub(super) fn check(task: &TaskMetadata, size: usize) -> Result<(), Failed> {
    let limit = env::var(MAX_OUTPUT).ok().and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT);
    judge(task.name(), size as u64, limit)
}

fn judge(task: &str, size: u64, limit: u64) -> Result<(), Failed> {
    if size <= limit.saturating_mul(1 << 20) {
        return Ok(());
    }
    let message =
        format!("the output of task `{task}` has {size} bytes, and Flyte reads no more than {limit} MiB");
    let hint = format!(
        "write it to a file and return a `File`, or raise `storage.limits.maxDownloadMBs` of Flyte and set {MAX_OUTPUT} to the same"
    );
    Err(Failed {
        kind: ErrorKind::TooLarge,
        origin: ErrorOrigin::User,
        again: ContainerErrorKind::NonRecoverable,
        message: advised(message, Some(&hint)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_may_have_as_many_bytes_as_flyte_reads() {
        assert!(judge("t1", 2 << 20, DEFAULT).is_ok());
        let failed =
            judge("t1", (2 << 20) + 1, DEFAULT).err().map(|failed| failed.message).unwrap_or_default();
        assert!(
            failed
                .starts_with("the output of task `t1` has 2097153 bytes, and Flyte reads no more than 2 MiB")
        );
        assert!(judge("t1", (2 << 20) + 1, 3).is_ok() && judge("t1", u64::MAX, u64::MAX).is_ok());
    }
}
