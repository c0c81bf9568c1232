//! Logs with `tracing`, and redacts secrets in every line.
//!
//! ```text
//! sealkit create secret database_url
//! cargo run -- run connect
//! ```

use std::{io, process::ExitCode};

use sealkit::{Session, current_context, task, tracing::RedactedLog};

/// Connects to a database, and logs more than it should.
#[task(secret_requests = [Secret(key = "database_url")])]
fn connect() -> sealkit::Result<usize> {
    let url = current_context().secrets().get("database_url")?;
    tracing::info!(url = url.expose(), "connecting");
    Ok(url.expose().len())
}

fn main() -> ExitCode {
    // The log redacts the secrets that the tasks of the session have read.
    let session = Session::new();
    tracing_subscriber::fmt().with_writer(RedactedLog::new(&session, io::stderr)).init();
    session.main()
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use sealkit::testing::TestSecrets;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_log_has_no_secret() {
        let session = TestSecrets::new().with("database_url", "postgres://app:k3Jq-71xT@db/app").session();
        let lines = Lines::default();
        let writer = {
            let lines = lines.clone();
            move || lines.clone()
        };
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(RedactedLog::new(&session, writer))
            .finish();
        tracing::subscriber::with_default(log, || session.run(connect)).unwrap();
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(text.ends_with("connecting url=\"[REDACTED:database_url]\"\n"), "{text}");
    }
}
