//! A control plane that is built from the official services and runs tasks as local processes.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::{Home, Python};

/// A control plane that stops when it is dropped.
#[derive(Debug)]
pub struct ControlPlane {
    process: Child,
    python: Python,
    started: Started,
}

/// The first line of its output: its addresses and credentials.
#[derive(Debug, Deserialize)]
struct Started {
    grpc: String,
    endpoint: String,
    admin: String,
    ca: Option<String>,
    client_id: String,
    client_secret: String,
}

impl ControlPlane {
    /// Starts a control plane with these options.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not start.
    pub fn start(python: &Python, options: &[&str]) -> io::Result<Self> {
        let mut command = python.script("control_plane");
        command.args(options);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        BufReader::new(stdout).read_line(&mut line)?;
        let started = serde_json::from_str(&line)?;
        Ok(Self { process, python: python.clone(), started })
    }

    /// Returns the URL of the endpoint.
    pub fn endpoint(&self) -> &str {
        &self.started.endpoint
    }

    /// Returns the host and the port of the endpoint.
    pub fn address(&self) -> &str {
        &self.started.grpc
    }

    /// Returns the certificate authority, if the control plane uses TLS.
    pub fn authority(&self) -> Option<&Path> {
        self.started.ca.as_deref().map(Path::new)
    }

    /// Returns the client id and the client secret that the control plane accepts.
    pub fn client(&self) -> (&str, &str) {
        (&self.started.client_id, &self.started.client_secret)
    }

    /// Writes a configuration for this control plane to a home directory; `more` is appended to its section `admin`.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration cannot be written.
    pub fn configure(&self, home: &Home, more: &str) -> io::Result<()> {
        let directory = home.path().join(".flyte");
        std::fs::create_dir_all(&directory)?;
        let insecure = self.started.ca.is_none();
        let ca =
            self.started.ca.as_ref().map(|path| format!("  caCertFilePath: {path}\n")).unwrap_or_default();
        let address = &self.started.grpc;
        let text = format!(
            "admin:\n  endpoint: dns:///{address}\n  insecure: {insecure}\n{ca}{more}task:\n  project: flytesnacks\n  \
             domain: development\n"
        );
        std::fs::write(directory.join("config.yaml"), text)
    }

    /// Runs the official `flyte` or `union` command against this control plane.
    ///
    /// # Errors
    ///
    /// Returns an error if the command cannot be started.
    pub fn official(&self, line: &str) -> io::Result<crate::Finished> {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let mut program = self.python.script("official_commands.py");
        program.arg(command).arg(&self.started.grpc).args(words);
        crate::Program { command: program, input: Vec::new() }.run()
    }

    /// Runs the official `flyte` or `union` command, which authenticates with the client secret in a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the command cannot be started.
    pub fn official_client(&self, secret: &Path, line: &str) -> io::Result<crate::Finished> {
        let mut words = line.split_whitespace();
        let mut program = self.python.script("official_commands.py");
        program.args(["--auth", "ClientSecret", "--client", &self.started.client_id, "--secret"]).arg(secret);
        program.args(self.started.ca.iter().flat_map(|ca| ["--ca", ca]));
        program.arg(words.next().unwrap_or_default()).arg(&self.started.grpc).args(words);
        crate::Program { command: program, input: Vec::new() }.run()
    }

    /// Runs a pipeline in `directory` with the official SDK: `FILE TASK NAME=TEXT ...`. The program prints the output.
    ///
    /// # Errors
    ///
    /// Returns an error if Python cannot be started.
    pub fn pipeline(&self, directory: &Path, line: &str) -> io::Result<crate::Finished> {
        let script = self.python.script("flyte_pipeline.py");
        self.run_python(script, directory, line)
    }

    /// Deploys the tasks of `flyte_deployed.py` in a directory with the official SDK.
    ///
    /// # Errors
    ///
    /// Returns an error if the script cannot be started.
    pub fn deploy_python(&self, directory: &Path, version: &str) -> io::Result<crate::Finished> {
        let copy = directory.join("flyte_deployed.py");
        self.run_python(self.python.script(&copy.to_string_lossy()), directory, version)
    }

    /// Runs a script in a directory with the endpoint and `line` as its arguments.
    fn run_python(&self, mut script: Command, directory: &Path, line: &str) -> io::Result<crate::Finished> {
        script.arg(&self.started.grpc).args(line.split_whitespace());
        script.current_dir(directory).env("HOME", directory);
        crate::Program { command: script, input: Vec::new() }.run()
    }

    /// Returns the command line of a browser that approves every login.
    pub fn browser(&self) -> Vec<String> {
        self.command_line("browser.py").collect()
    }

    /// Returns a command line that prints a token for the client secret in a file.
    pub fn token_command(&self, secret: &Path) -> Vec<String> {
        let more = [format!("{}/oauth2/token", self.started.endpoint), self.started.client_id.clone()];
        self.command_line("print_token.py").chain(more).chain([secret.display().to_string()]).collect()
    }

    /// Returns the command line of a script, with the certificate authority as its argument.
    fn command_line(&self, script: &str) -> impl Iterator<Item = String> {
        let command = self.python.script(script);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
        words.into_iter().chain(self.started.ca.clone())
    }

    /// Sends a request to the admin API, which `support/control_plane/admin.py` documents.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub fn admin(&self, method: &str, path: &str, body: &Json) -> io::Result<Vec<Json>> {
        let address = self.started.admin.trim_start_matches("http://");
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

    /// Injects a fault.
    ///
    /// # Errors
    ///
    /// Returns an error if the fault is invalid.
    pub fn fail(&self, fault: &Json) -> io::Result<()> {
        self.admin("POST", "/faults", fault).map(drop)
    }

    /// Clears faults, recorded requests and secrets.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub fn reset(&self) -> io::Result<()> {
        self.admin("POST", "/reset", &Json::Null).map(drop)
    }

    /// Returns the recorded requests of a method.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub fn requests(&self, method: &str) -> io::Result<Vec<Json>> {
        let all = self.admin("GET", "/requests", &Json::Null)?;
        Ok(all.into_iter().filter(|request| request["method"] == method).collect())
    }
}

/// Decodes a chunked HTTP body.
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
