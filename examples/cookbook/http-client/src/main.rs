//! Calls an HTTP API with a token.
//!
//! ```text
//! sealkit create secret api_token --group hub
//! sealkit run src/main.rs open_issues --url https://hub.example.com/api/issues
//! ```

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use sealkit::{current_context, task};

/// Counts the open issues that the API returns.
#[task(secret_requests = [Secret(key = "api_token", group = "hub")], timeout = 60)]
fn open_issues(url: String) -> anyhow::Result<usize> {
    let token = current_context().secrets().group("hub").get("api_token")?;
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(30))).build().into();
    // The token goes into a header: URLs end up in the logs of servers and proxies.
    let issues: Vec<String> = agent
        .get(&url)
        .header("Authorization", format!("Bearer {}", token.expose()))
        .call()
        .with_context(|| format!("cannot get {url}"))?
        .body_mut()
        .read_json()
        .context("the answer is not a list of titles")?;
    Ok(issues.len())
}

fn main() -> ExitCode {
    sealkit::main()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        thread,
    };

    use sealkit::testing::TestSecrets;

    use super::*;

    /// Serves one request, and returns its header lines.
    fn serve(status: &'static str, body: &'static str) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/issues", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let headers = lines.take_while(|line| !line.is_empty()).collect();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
            headers
        });
        (url, server)
    }

    #[test]
    fn the_token_is_sent_as_a_header() {
        let (url, server) = serve("200 OK", r#"["broken link", "typo"]"#);
        let secrets = TestSecrets::new().with_group("hub", "api_token", "hunter2-hunter2");
        assert_eq!(secrets.run(|| open_issues(url)).unwrap(), 2);
        let headers = server.join().unwrap();
        assert!(
            headers.iter().any(|line| line.eq_ignore_ascii_case("authorization: Bearer hunter2-hunter2"))
        );
    }

    #[test]
    fn a_refused_token_is_an_error_without_the_token() {
        let (url, server) = serve("401 Unauthorized", "");
        let secrets = TestSecrets::new().with_group("hub", "api_token", "hunter2-hunter2");
        let error = secrets.run(|| open_issues(url)).unwrap_err();
        assert!(format!("{error:#}").contains("401"), "{error:#}");
        assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        server.join().unwrap();
    }
}
