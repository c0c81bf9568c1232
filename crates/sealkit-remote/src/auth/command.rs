//! External commands that print a token.

use std::{io, process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt, process::Command, time::timeout};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// How long a command may take. It may open a browser.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The largest output to accept.
const MAX_OUTPUT_SIZE: usize = 64 << 10;

/// Runs a command and returns its trimmed output: the token.
///
/// # Errors
///
/// Returns [`ErrorKind::Local`] if the command fails. The error does not contain the output.
pub(super) async fn run_token_command(command: &[String]) -> Result<Zeroizing<String>> {
    run(command, TIMEOUT).await
}

async fn run(command: &[String], limit: Duration) -> Result<Zeroizing<String>> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new(ErrorKind::Config, "the token command is empty")
            .with_hint("set `admin.command` to a list: `[\"PROGRAM\", \"ARGUMENT\"]`"));
    };
    let failed = |reason: &str| command_failed(program, reason);
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(program, &error))?;
    let stdout = child.stdout.take().ok_or_else(|| failed("no output"))?;
    let output = async {
        let mut output = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT_SIZE + 1));
        // After the limit nothing more is read: the command ends with a broken pipe or the timeout.
        stdout.take(MAX_OUTPUT_SIZE as u64 + 1).read_to_end(&mut output).await?;
        if output.len() > MAX_OUTPUT_SIZE {
            return Ok(None);
        }
        Ok::<_, io::Error>(Some((output, child.wait().await?)))
    };
    let output = timeout(limit, output)
        .await
        .map_err(|_| failed(&format!("timed out after {} seconds", limit.as_secs())))?
        .map_err(|error| failed(&error.kind().to_string()))?;
    let too_large = || failed(&format!("output is larger than {} KiB", MAX_OUTPUT_SIZE >> 10));
    let (output, status) = output.ok_or_else(too_large)?;
    if !status.success() {
        // Displays as `exit status: 3` or as the signal.
        return Err(failed(&status.to_string()));
    }
    let token = str::from_utf8(&output).map_err(|_| failed("output is not UTF-8"))?.trim();
    if token.is_empty() {
        return Err(failed("empty output"));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

/// The message names the program only: arguments may be secret.
fn command_failed(program: &str, reason: &str) -> Error {
    Error::new(ErrorKind::Local, format!("token command `{program}` failed: {reason}"))
        .with_hint("run the configured command yourself to see its errors")
}

fn not_started(program: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Local, format!("cannot run token command `{program}`: {}", error.kind()))
        .with_hint("check `admin.command` and the search path")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sh(script: &str) -> Result<Zeroizing<String>> {
        let command = ["sh", "-c", script].map(str::to_owned);
        run(&command, Duration::from_secs(2)).await
    }

    #[tokio::test]
    async fn the_trimmed_output_of_a_command_is_the_token() {
        assert_eq!(**sh("echo; echo ' token '").await.as_ref().unwrap(), "token");
    }

    #[tokio::test]
    async fn the_error_of_a_command_does_not_contain_its_output() {
        for (script, message) in [
            ("echo s3cret; exit 3", "token command `sh` failed: exit status: 3"),
            ("echo s3cret; kill -9 $$", "token command `sh` failed: signal: 9 (SIGKILL)"),
            ("printf '  \\n'", "failed: empty output"),
            ("printf 's3cret\\377'", "failed: output is not UTF-8"),
            ("yes s3cret", "failed: output is larger than 64 KiB"),
            ("echo s3cret; sleep 60", "failed: timed out after 2 seconds"),
        ] {
            let error = sh(script).await.unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(error.kind() == ErrorKind::Local && text.contains(message), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
        let error = run_token_command(&["/nowhere/at-all".to_owned()]).await.unwrap_err().to_string();
        assert_eq!(error, "cannot run token command `/nowhere/at-all`: entity not found");
        assert_eq!(run_token_command(&[]).await.unwrap_err().kind(), ErrorKind::Config);
    }
}
