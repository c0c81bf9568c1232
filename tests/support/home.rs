//! A home directory that goes away, with a store in it.

use std::{io, path::Path};

use sealkit_store::{Scope, SecretId, Store, StorePaths};
use tempfile::TempDir;

use crate::{Finished, Program};

/// A home directory that goes away, and the `sealkit` command in it.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    command: &'static str,
}

impl Home {
    /// A new home; `command` is the path of the program.
    ///
    /// # Errors
    ///
    /// When there is no room for it.
    pub fn new(command: &'static str) -> io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, command })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of the program.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// The command with these arguments.
    pub fn sealkit(&self, line: &str) -> Program {
        self.program(self.command).args(line)
    }

    /// Another program, at home here.
    pub fn program(&self, path: &str) -> Program {
        Program::new(path).env("HOME", self.path())
    }

    /// Runs the command with these arguments; paths are told from `~`, and times are all one.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn run(&self, line: &str) -> io::Result<Finished> {
        let mut finished = self.sealkit(line).run()?;
        for text in [&mut finished.stdout, &mut finished.stderr] {
            *text = self.shown(text);
        }
        Ok(finished)
    }

    /// `text` with paths from `~`, and all times as one.
    pub fn shown(&self, text: &str) -> String {
        let text = text.replace(&*self.path().to_string_lossy(), "~");
        let mut shown = String::new();
        let mut rest = &*text;
        while let Some(at) = rest.find("20") {
            let (before, time) = rest.split_at(at);
            shown.push_str(before);
            let is_time = time.get(..20).is_some_and(|time| {
                time.ends_with('Z') && time[..19].bytes().all(|b| b.is_ascii_digit() || b"-T:".contains(&b))
            });
            shown.push_str(if is_time { "2026-01-01T00:00:00Z" } else { "20" });
            rest = &time[if is_time { 20 } else { 2 }..];
        }
        shown + rest
    }

    /// Where the store is.
    pub fn store_paths(&self) -> StorePaths {
        StorePaths::new(
            self.path().join(".local/share/sealkit/secrets"),
            self.path().join(".config/sealkit/key"),
        )
    }

    /// What is stored for a global secret without group, `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn stored(&self, key: &str) -> sealkit_store::Result<Option<Vec<u8>>> {
        let Some(store) = Store::open(&self.store_paths())? else { return Ok(None) };
        let stored = store.get(&SecretId::new(Scope::Global, None, key)?)?;
        Ok(stored.map(|stored| stored.value.to_vec()))
    }
}
