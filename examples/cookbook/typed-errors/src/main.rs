//! Returns an error enum of one's own.
//!
//! ```text
//! sealkit create secret api_token
//! sealkit run src/main.rs fetch --table orders
//! ```

use std::process::ExitCode;

use sealkit::{ErrorKind, current_context, task};

/// Everything that can go wrong in this program.
#[derive(Debug, thiserror::Error)]
enum JobError {
    /// The token is not valid for this table.
    #[error("access to table `{0}` is denied")]
    Denied(String),
    /// Every task error converts from sealkit's: that is how `?` works on `get`.
    #[error(transparent)]
    Sealkit(#[from] sealkit::Error),
}

impl JobError {
    /// Returns the kind of the error, if it came from sealkit.
    fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Denied(_) => None,
            Self::Sealkit(error) => Some(error.kind()),
        }
    }
}

/// Fetches a table.
#[task(secret_requests = [Secret(key = "api_token")])]
fn fetch(table: String) -> Result<usize, JobError> {
    let token = current_context().secrets().get("api_token").inspect_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            eprintln!("set up the token first: {}", error.hint().unwrap_or_default());
        }
    })?;
    if !token.expose().starts_with("admin-") {
        return Err(JobError::Denied(table));
    }
    Ok(table.len())
}

/// Fetches a table, and counts a denied one as empty.
///
/// In a test and in `cargo run`, `fetch` runs in this process and its error is a [`JobError`] as it was
/// returned. In `sealkit run` and on a cluster, `fetch` runs in a pod of its own: only the text of its error
/// comes back, as [`JobError::Sealkit`]. A workflow that has to decide by the error returns that as data.
#[task]
fn report(table: String) -> Result<usize, JobError> {
    match fetch(table) {
        Err(error) if error.to_string().ends_with("is denied") => Ok(0),
        result => result,
    }
}

fn main() -> ExitCode {
    sealkit::main()
}

#[cfg(test)]
mod tests {
    use sealkit::testing::TestSecrets;

    use super::*;

    #[test]
    fn a_denied_table_has_its_own_variant() {
        let secrets = TestSecrets::new().with("api_token", "guest-3Jq71xT");
        let error = secrets.run(|| fetch("orders".to_owned())).unwrap_err();
        assert!(matches!(&error, JobError::Denied(table) if table == "orders"), "{error}");
    }

    #[test]
    fn an_absent_secret_keeps_its_kind_and_hint() {
        let error = TestSecrets::new().run(|| fetch("orders".to_owned())).unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::NotFound));
    }

    #[test]
    fn a_report_counts_a_denied_table_as_empty() {
        let secrets = TestSecrets::new().with("api_token", "guest-3Jq71xT");
        assert_eq!(secrets.run(|| report("orders".to_owned())).unwrap(), 0);
    }
}
