//! What several tests need: programs run in an environment of their own, terminals, and Python's answers.

mod bucket;
pub mod churn;
mod control_plane;
mod home;
#[cfg(target_os = "linux")]
pub mod runs;
mod terminal;

use std::{
    env,
    fmt::{self, Write as _},
    io::{self, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use serde::{Serialize, de::DeserializeOwned};

pub use bucket::Bucket;
pub use control_plane::ControlPlane;
pub use home::Home;
pub use terminal::Terminal;

/// A program to be run with nothing in its environment but what the test puts there.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Vec<u8>,
}

impl Program {
    /// The program at `path`, usually `env!("CARGO_BIN_EXE_…")`.
    pub fn new(path: &str) -> Self {
        let mut command = Command::new(path);
        // Not even a home directory: nobody's own store is looked at.
        command.env_clear().env("HOME", "/nonexistent");
        Self { command, input: Vec::new() }
    }

    /// Adds arguments, separated by white space.
    #[must_use]
    pub fn args(mut self, line: &str) -> Self {
        self.command.args(line.split_whitespace());
        self
    }

    /// Adds one argument as it is.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<std::ffi::OsStr>, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What the program reads from its standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn run(mut self) -> io::Result<Finished> {
        let pipes = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn()?;
        let stdin = child.stdin.take();
        let input = std::mem::take(&mut self.input);
        // On a thread of its own: a program that writes before it has read everything must not wait for us.
        let writer = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let output = child.wait_with_output()?;
        // A program may well not read its input.
        drop(writer.join());
        Ok(Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// All of it, as snapshots show it; streams without text are left out.
impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit code {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "-- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// Two hexadecimal digits for every byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that [`hex`] was given.
///
/// # Errors
///
/// When `text` is something else.
pub fn unhex(text: &str) -> io::Result<Vec<u8>> {
    let digit = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len())
        .step_by(2)
        .map(|at| digit(at).ok_or_else(|| io::Error::other(format!("not hexadecimal: {text}"))))
        .collect()
}

/// A Python interpreter with the official packages; results are compared with theirs.
#[derive(Clone, Debug)]
pub struct Python(PathBuf);

impl Python {
    /// Returns the interpreter that `TEST_PYTHON` names. Without that variable, tests that call this are ignored.
    ///
    /// # Panics
    ///
    /// Panics if the variable is not set.
    pub fn from_environment() -> Self {
        let path = env::var_os("TEST_PYTHON");
        Self(path.expect("`TEST_PYTHON` names a Python with tests/support/requirements.txt").into())
    }

    /// The script `name` of `tests/support`, to be started.
    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        // Nothing that is compiled is left beside the scripts.
        command.arg("-B");
        // Otherwise the locale of whoever runs the tests would decide how files are read.
        command
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("support").join(name))
            .env("PYTHONUTF8", "1");
        command
    }

    /// Runs the script `name` of `tests/support` and gives it one line of JSON for every question; it gives one
    /// line back for each.
    ///
    /// # Errors
    ///
    /// When the script fails or an answer cannot be read.
    pub fn ask<Q: Serialize, A: DeserializeOwned>(&self, name: &str, questions: &[Q]) -> io::Result<Vec<A>> {
        let mut lines = Vec::new();
        for question in questions {
            serde_json::to_writer(&mut lines, question)?;
            lines.push(b'\n');
        }
        let program = Program { command: self.script(name), input: lines };
        let finished = program.run()?;
        if finished.code != Some(0) {
            return Err(io::Error::other(finished.stderr));
        }
        let answers: Vec<A> = finished.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        if answers.len() == questions.len() {
            return Ok(answers);
        }
        let counts = format!("{} answers to {} questions", answers.len(), questions.len());
        Err(io::Error::other(counts))
    }
}

/// Returns the path of an installed program.
///
/// # Panics
///
/// Panics if it is not installed.
pub fn tool(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is not installed"))
}
