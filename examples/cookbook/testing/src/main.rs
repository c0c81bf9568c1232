//! Tests tasks and workflows without an environment, a store or a cluster.
//!
//! ```text
//! cargo test
//! ```

use std::process::ExitCode;

use sealkit::{current_context, task, workflow};

/// Returns the length of the token.
#[task(secret_requests = [Secret(key = "my_token", group = "api")])]
fn length() -> sealkit::Result<usize> {
    Ok(current_context().secrets().group("api").get("my_token")?.expose().len())
}

/// Returns the number of bytes of a key file.
#[task(secret_requests = [Secret(key = "key", mount_requirement = FILE)])]
async fn size() -> anyhow::Result<usize> {
    let path = current_context().secrets().get_secrets_file("key")?;
    Ok(std::fs::read(path)?.len())
}

/// Returns the sum of both.
#[workflow]
async fn total() -> anyhow::Result<usize> {
    Ok(length()? + size().await?)
}

/// Returns the token itself, which is a mistake.
#[task(secret_requests = [Secret(key = "my_token", group = "api")])]
fn leak() -> sealkit::Result<String> {
    Ok(current_context().secrets().group("api").get("my_token")?.expose().to_owned())
}

fn main() -> ExitCode {
    sealkit::main()
}

#[cfg(test)]
mod tests {
    use sealkit::{ErrorKind, TaskMetadata, testing::TestSecrets};

    use super::*;

    /// Each test has its own secrets, so tests can run in parallel.
    fn secrets() -> TestSecrets {
        TestSecrets::new().with_group("api", "my_token", "k3Jq-71xT/w").with("key", [1, 2, 3])
    }

    #[test]
    fn a_task_is_called_like_a_function() {
        assert_eq!(secrets().run(length).unwrap(), 11);
    }

    #[tokio::test]
    async fn an_async_workflow_runs_in_a_scope() {
        assert_eq!(secrets().scope(total()).await.unwrap(), 14);
    }

    #[test]
    fn an_absent_secret_is_an_error() {
        let error = TestSecrets::new().run(length).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_leak_is_refused_in_tests_too() {
        let error = secrets().run(leak).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Leak);
    }

    #[test]
    fn the_declaration_is_data() {
        let metadata = TaskMetadata::of(&length).unwrap();
        assert_eq!(metadata.name(), "length");
        assert_eq!(metadata.secret_requests()[0].to_string(), "api/my_token");
    }
}
