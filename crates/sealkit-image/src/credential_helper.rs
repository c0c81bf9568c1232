//! Docker's credential helpers: programs named `docker-credential-NAME` that keep credentials.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    credentials::Credentials,
    error::{Error, Result},
};

/// What a helper prints, instead of an error, if it has no credentials.
const NOT_FOUND: &[u8] = b"credentials not found in native keychain";

/// The output of a helper.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    username: String,
    secret: Zeroizing<String>,
}

/// Asks the helper `name` for the credentials of `registry`; returns `None` if it has none.
///
/// # Errors
///
/// Returns an error if the helper cannot be started, fails or prints something else.
pub(crate) fn get(name: &str, registry: &str) -> Result<Option<Credentials>> {
    // A name with `/` would be run as a path instead of being searched for in `PATH`.
    if name.contains('/') || sealkit_names::escape(name) != name {
        let name = sealkit_names::escape(name);
        return Err(Error::new(format!("invalid name of a credential helper: `{name}`")));
    }
    let program = format!("docker-credential-{name}");
    let failed = |reason: &str| {
        Error::new(format!("`{program}` returned no credentials for `{registry}`: {reason}"))
            .with_login_hint(registry)
    };
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| failed(&sealkit_names::io_reason(&error)))?;
    if let Some(mut stdin) = child.stdin.take() {
        // If the helper exits without reading, its exit code is reported below.
        let _ = stdin.write_all(registry.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(&sealkit_names::io_reason(&error)))?;
    let stdout = Zeroizing::new(output.stdout);
    if !output.status.success() {
        let is_missing = stdout.trim_ascii() == NOT_FOUND;
        return if is_missing { Ok(None) } else { Err(failed(&output.status.to_string())) };
    }
    let Output { username, secret } =
        serde_json::from_slice(&stdout).map_err(|_| failed("invalid output"))?;
    Ok(Some(Credentials::new(username, secret, program)))
}
