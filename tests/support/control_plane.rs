//! A control plane of the official services, which runs tasks as processes of this machine.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Stdio},
};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::{Home, Python};

/// A control plane that ends when it is dropped.
#[derive(Debug)]
pub struct ControlPlane {
    process: Child,
    python: Python,
    found: Found,
}

/// What it tells of itself when it has started.
#[derive(Debug, Deserialize)]
struct Found {
    grpc: String,
    endpoint: String,
    admin: String,
    ca: Option<String>,
    client_id: String,
    client_secret: String,
}

impl ControlPlane {
    /// Starts one, with these options.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(python: &Python, options: &[&str]) -> io::Result<Self> {
        let mut command = python.script("control_plane");
        command.args(options);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        BufReader::new(stdout).read_line(&mut line)?;
        let found = serde_json::from_str(&line)?;
        Ok(Self { process, python: python.clone(), found })
    }

    /// Its endpoint, as a URL.
    pub fn endpoint(&self) -> &str {
        &self.found.endpoint
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.found.grpc
    }

    /// The authority of its certificate, if it has one.
    pub fn authority(&self) -> Option<&Path> {
        self.found.ca.as_deref().map(Path::new)
    }

    /// The client that is let in by a secret, and that secret.
    pub fn client(&self) -> (&str, &str) {
        (&self.found.client_id, &self.found.client_secret)
    }

    /// Writes the configuration by which the command finds it, with these lines of `admin` more.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn configure(&self, home: &Home, more: &str) -> io::Result<()> {
        let folder = home.path().join(".flyte");
        std::fs::create_dir_all(&folder)?;
        let insecure = self.found.ca.is_none();
        let ca = self.found.ca.as_ref().map(|path| format!("  caCertFilePath: {path}\n")).unwrap_or_default();
        let address = &self.found.grpc;
        let text = format!(
            "admin:\n  endpoint: dns:///{address}\n  insecure: {insecure}\n{ca}{more}task:\n  project: flytesnacks\n  \
             domain: development\n"
        );
        std::fs::write(folder.join("config.yaml"), text)
    }

    /// Runs the official `flyte` or `union` on it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn official(&self, line: &str) -> io::Result<crate::Finished> {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let mut program = self.python.script("official_commands.py");
        program.arg(command).arg(&self.found.grpc).args(words);
        crate::Program { command: program, input: Vec::new() }.run()
    }

    /// Runs the official `flyte` or `union` on it, which is let in by the secret in this file.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn official_client(&self, secret: &Path, line: &str) -> io::Result<crate::Finished> {
        let mut words = line.split_whitespace();
        let mut program = self.python.script("official_commands.py");
        program.args(["--auth", "ClientSecret", "--client", &self.found.client_id, "--secret"]).arg(secret);
        program.args(self.found.ca.iter().flat_map(|ca| ["--ca", ca]));
        program.arg(words.next().unwrap_or_default()).arg(&self.found.grpc).args(words);
        crate::Program { command: program, input: Vec::new() }.run()
    }

    /// The words of a command that allows what is asked in the page that it is given.
    pub fn browser(&self) -> Vec<String> {
        self.words("browser.py").collect()
    }

    /// The words of a command that prints a token for the client with the secret in this file.
    pub fn token_command(&self, secret: &Path) -> Vec<String> {
        let more = [format!("{}/oauth2/token", self.found.endpoint), self.found.client_id.clone()];
        self.words("print_token.py").chain(more).chain([secret.display().to_string()]).collect()
    }

    /// A script that is given the authority.
    fn words(&self, script: &str) -> impl Iterator<Item = String> {
        let command = self.python.script(script);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
        words.into_iter().chain(self.found.ca.clone())
    }

    /// Asks the endpoint for tests, as `support/control_plane/admin.py` says.
    ///
    /// # Errors
    ///
    /// When it does not answer as it should.
    pub fn admin(&self, method: &str, path: &str, body: &Json) -> io::Result<Vec<Json>> {
        let address = self.found.admin.trim_start_matches("http://");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        if !status.starts_with('2') {
            return Err(io::Error::other(format!("{method} {path}: {answer}")));
        }
        let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            unchunked(body)
        } else {
            body.to_owned()
        };
        body.lines().filter(|line| !line.is_empty()).map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// Lets calls fail in this way.
    ///
    /// # Errors
    ///
    /// When the fault makes no sense.
    pub fn fail(&self, fault: &Json) -> io::Result<()> {
        self.admin("POST", "/faults", fault).map(drop)
    }

    /// Forgets faults, requests and secrets.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn reset(&self) -> io::Result<()> {
        self.admin("POST", "/reset", &Json::Null).map(drop)
    }

    /// The requests of a method that have arrived.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn requests(&self, method: &str) -> io::Result<Vec<Json>> {
        let all = self.admin("GET", "/requests", &Json::Null)?;
        Ok(all.into_iter().filter(|request| request["method"] == method).collect())
    }
}

/// The content of a chunked body.
fn unchunked(body: &str) -> String {
    let (mut rest, mut content) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = after.get(..size).filter(|_| size > 0) else { break };
        content.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    content
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // The server kills its pods and exits at the end of its standard input.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
