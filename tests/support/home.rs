//! A temporary home directory with a store.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use sealkit_store::{Scope, SecretId, Store, StorePaths};
use tempfile::TempDir;

use crate::{Finished, Program};

/// A temporary home directory, and the `sealkit` command that uses it.
#[derive(Debug)]
pub struct Home {
    directory: TempDir,
    command: &'static str,
}

impl Home {
    /// Creates a home directory; `command` is the path of the `sealkit` command.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be created.
    pub fn new(command: &'static str) -> io::Result<Self> {
        Ok(Self { directory: tempfile::tempdir()?, command })
    }

    /// Returns the path of the home directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the path of the `sealkit` command.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// Returns the command with these arguments, ready to run.
    pub fn sealkit(&self, line: &str) -> Program {
        self.program(self.command).args(line)
    }

    /// Returns the command with these arguments and with the cargo of the user, which builds the target.
    pub fn with_cargo(&self, line: &str) -> Program {
        let directory = |variable: &str, default: &str| {
            let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default());
            env::var_os(variable).map_or_else(|| home().join(default), PathBuf::from)
        };
        self.sealkit(line)
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("CARGO_HOME", directory("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", directory("RUSTUP_HOME", ".rustup"))
    }

    /// Returns another program that uses this home directory.
    pub fn program(&self, path: &str) -> Program {
        Program::new(path).env("HOME", self.path())
    }

    /// Runs the command with these arguments and normalizes its output; see [`Home::normalize`].
    ///
    /// # Errors
    ///
    /// Returns an error if the command cannot be started.
    pub fn run(&self, line: &str) -> io::Result<Finished> {
        let mut finished = self.sealkit(line).run()?;
        for text in [&mut finished.stdout, &mut finished.stderr] {
            *text = self.normalize(text);
        }
        Ok(finished)
    }

    /// Replaces the path of the home directory by `~`, and each time by the same time.
    pub fn normalize(&self, text: &str) -> String {
        let text = text.replace(&*self.path().to_string_lossy(), "~");
        let mut normalized = String::new();
        let mut rest = &*text;
        while let Some(at) = rest.find("20") {
            let (before, time) = rest.split_at(at);
            normalized.push_str(before);
            let is_time = time.get(..20).is_some_and(|time| {
                time.ends_with('Z') && time[..19].bytes().all(|b| b.is_ascii_digit() || b"-T:".contains(&b))
            });
            normalized.push_str(if is_time { "2026-01-01T00:00:00Z" } else { "20" });
            rest = &time[if is_time { 20 } else { 2 }..];
        }
        normalized + rest
    }

    /// Returns the paths of the store.
    pub fn store_paths(&self) -> StorePaths {
        StorePaths::new(
            self.path().join(".local/share/sealkit/secrets"),
            self.path().join(".config/sealkit/key"),
        )
    }

    /// Returns the value of a global secret without a group, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be read.
    pub fn stored(&self, key: &str) -> sealkit_store::Result<Option<Vec<u8>>> {
        let Some(store) = Store::open(&self.store_paths())? else { return Ok(None) };
        let stored = store.get(&SecretId::new(Scope::Global, None, key)?)?;
        Ok(stored.map(|stored| stored.value.to_vec()))
    }
}
