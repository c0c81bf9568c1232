//! Commands that print a token.

use std::{io, process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt, process::Command, time::timeout};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};

/// How long a command may take; it may open a browser.
const ANSWER: Duration = Duration::from_secs(120);
/// How much it may print.
const LIMIT: usize = 64 << 10;

/// What `command` prints, without the spaces around it.
///
/// # Errors
///
/// [`ErrorKind::Local`], never with what was printed.
pub(super) async fn output(command: &[String]) -> Result<Zeroizing<String>> {
    within(command, ANSWER).await
}

async fn within(command: &[String], limit: Duration) -> Result<Zeroizing<String>> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new(ErrorKind::Config, "the command that prints a token is empty")
            .with_hint("`admin.command` is a list: `[\"PROGRAM\", \"ARGUMENT\"]`"));
    };
    // Arguments may be secret.
    let wrong = |what: &str| {
        let message = format!("`{program}`, the command that prints a token, {what}");
        Error::new(ErrorKind::Local, message)
            .with_hint("type the command of the configuration yourself to see what it says")
    };
    let failed = |error: io::Error| wrong(&format!("fails: {}", error.kind()));
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| wrong(&format!("cannot be started: {}", error.kind())))?;
    let stdout = child.stdout.take().ok_or_else(|| wrong("has no output"))?;
    let run = async {
        let mut printed = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
        // Once more than that was read nobody reads on, so the command ends, or the time does.
        stdout.take(LIMIT as u64 + 1).read_to_end(&mut printed).await?;
        if printed.len() > LIMIT {
            return Ok(None);
        }
        Ok(Some((printed, child.wait().await?)))
    };
    let seconds = limit.as_secs();
    let ran =
        timeout(limit, run).await.map_err(|_| wrong(&format!("takes longer than {seconds} seconds")))?;
    let (printed, status) = ran.map_err(failed)?.ok_or_else(|| wrong("prints more than a token"))?;
    if !status.success() {
        // `exit status: 3`, or the signal.
        return Err(wrong(&format!("fails with {status}")));
    }
    let token = str::from_utf8(&printed).map_err(|_| wrong("prints what is no text"))?.trim();
    if token.is_empty() {
        return Err(wrong("prints nothing"));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sh(script: &str) -> Result<Zeroizing<String>> {
        let command = ["sh", "-c", script].map(str::to_owned);
        within(&command, Duration::from_secs(2)).await
    }

    #[tokio::test]
    async fn the_output_of_a_command_is_a_token() {
        assert_eq!(**sh("echo; echo ' token '").await.as_ref().unwrap(), "token");
    }

    #[tokio::test]
    async fn a_command_that_fails_does_not_show_what_it_printed() {
        for (script, message) in [
            ("echo s3cret; exit 3", "fails with exit status: 3"),
            ("echo s3cret; kill -9 $$", "fails with signal: 9 (SIGKILL)"),
            ("printf '  \\n'", "prints nothing"),
            ("printf 's3cret\\377'", "prints what is no text"),
            ("yes s3cret", "prints more than a token"),
            ("echo s3cret; sleep 60", "takes longer than 2 seconds"),
        ] {
            let error = sh(script).await.unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(error.kind() == ErrorKind::Local && text.contains(message), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
        let error = output(&["/nowhere/at-all".to_owned()]).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "`/nowhere/at-all`, the command that prints a token, cannot be started: entity not found"
        );
        assert_eq!(output(&[]).await.unwrap_err().kind(), ErrorKind::Config);
    }
}
