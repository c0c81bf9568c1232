//! Returns an error enum.
//!
//! ```text
//! sealkit create secret api_token
//! sealkit run src/main.rs fetch --table orders
//! ```

use std::process::ExitCode;

use sealkit::{ErrorKind, current_context, task};
use serde::{Deserialize, Serialize};

/// The errors of this program. A task that calls another one gets them as themselves, because they can be serialized.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum JobError {
    /// The token is not valid for this table.
    #[error("access to table `{0}` is denied")]
    Denied(String),
    /// An error of sealkit. The conversion lets `?` work on `get`.
    #[error(transparent)]
    Sealkit(#[from] sealkit::Error),
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
#[task]
fn report(table: String) -> Result<usize, JobError> {
    match fetch(table) {
        Err(JobError::Denied(_)) => Ok(0),
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
        assert!(matches!(&error, JobError::Sealkit(error) if error.kind() == ErrorKind::NotFound), "{error}");
    }

    #[test]
    fn a_report_counts_a_denied_table_as_empty() {
        let secrets = TestSecrets::new().with("api_token", "guest-3Jq71xT");
        assert_eq!(secrets.run(|| report("orders".to_owned())).unwrap(), 0);
    }
}
