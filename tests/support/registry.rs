//! The registry of Docker.

use std::{
    fs::{self, File},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::tool;

/// The registry of Docker, with its images in a temporary directory.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    /// Its host and port.
    pub address: String,
    _directory: TempDir,
}

impl Registry {
    /// Starts a registry; `auth` is a part of its configuration, and can name a file with `users`.
    ///
    /// # Panics
    ///
    /// Panics if the registry is not installed or does not start.
    pub fn start(auth: &str, users: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap();
        fs::write(directory.path().join("users"), users).unwrap();
        let auth = auth.replace("USERS", &format!("{path}/users"));
        let config = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {path}/images}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n{auth}"
        );
        fs::write(directory.path().join("config.yml"), config).unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new(tool("docker-registry"));
        command.arg("serve").arg(directory.path().join("config.yml")).env("OTEL_TRACES_EXPORTER", "none");
        command.stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let mut process = command.spawn().unwrap();
        let address = loop {
            let text = fs::read_to_string(&log).unwrap();
            if let Some((_, rest)) = text.split_once("listening on ") {
                let end = |c: char| !(c.is_ascii_digit() || ".:".contains(c));
                if let Some((address, _)) = rest.split_once(end) {
                    break address.to_owned();
                }
            }
            assert!(process.try_wait().unwrap().is_none(), "{text}");
            thread::sleep(Duration::from_millis(10));
        };
        Self { process, address, _directory: directory }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
