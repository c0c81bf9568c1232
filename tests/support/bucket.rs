//! A bucket of a fake S3 server that checks signatures.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::Mutex,
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Program, Python, hex, unhex};

/// A bucket called `flyte`, on a server that stops when the bucket is dropped.
#[derive(Debug)]
pub struct Bucket {
    /// The URL of the server.
    pub endpoint: String,
    /// The access key of the only user.
    pub access_key: String,
    /// The secret key of that user.
    pub secret_key: String,
    server: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

#[derive(Deserialize)]
struct Started {
    port: u16,
    access_key: String,
    secret_key: String,
}

impl Bucket {
    /// Starts a server with an empty bucket.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not start.
    pub fn new(python: &Python) -> io::Result<Self> {
        let mut command = python.script("object_store.py");
        let mut server =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let pipes = server.stdin.take().zip(server.stdout.take());
        let (questions, answers) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let mut answers = BufReader::new(answers);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let Started { port, access_key, secret_key } = serde_json::from_str(&line)?;
        let endpoint = format!("http://127.0.0.1:{port}");
        Ok(Self { endpoint, access_key, secret_key, server, pipes: Mutex::new((questions, answers)) })
    }

    fn ask(&self, question: &Value) -> io::Result<Option<String>> {
        let mut pipes = self.pipes.lock().map_err(|_| io::ErrorKind::Other)?;
        let (questions, answers) = &mut *pipes;
        writeln!(questions, "{question}")?;
        let mut line = String::new();
        answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Stores an object.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not answer.
    pub fn put(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        self.ask(&json!({ "put": key, "bytes": hex(bytes) })).map(drop)
    }

    /// Returns the keys that begin with `prefix`, and those of uploads that are not complete, which begin with `incomplete `.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not answer.
    pub fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let answer = self.ask(&json!({ "list": prefix }))?.unwrap_or_default();
        Ok(answer.lines().map(str::to_owned).collect())
    }

    /// Returns the bytes of an object, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the server does not answer.
    pub fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        self.ask(&json!({ "get": key }))?.map(|bytes| unhex(&bytes)).transpose()
    }

    /// Sets the variables of `program` as Flyte sets those of a pod.
    #[must_use]
    pub fn configure(&self, program: Program) -> Program {
        program
            .env("FLYTE_AWS_ENDPOINT", &self.endpoint)
            .env("FLYTE_AWS_ACCESS_KEY_ID", &self.access_key)
            .env("FLYTE_AWS_SECRET_ACCESS_KEY", &self.secret_key)
            .env("FLYTE_STORAGE_BACKOFF_SECONDS", "0")
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
