//! Shared test support: programs in a clean environment, terminals, control planes and Python scripts.

mod bucket;
pub mod churn;
mod control_plane;
mod home;
mod registry;
#[cfg(target_os = "linux")]
pub mod runs;
mod terminal;

use std::{
    env,
    fmt::{self, Write as _},
    io::{self, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use serde::{Serialize, de::DeserializeOwned};

pub use bucket::Bucket;
pub use control_plane::ControlPlane;
pub use home::Home;
pub use registry::Registry;
pub use terminal::Terminal;

/// A program to run with only the environment variables that the test sets.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Vec<u8>,
}

impl Program {
    /// Returns the program at `path`, usually `env!("CARGO_BIN_EXE_…")`.
    pub fn new(path: &str) -> Self {
        let mut command = Command::new(path);
        // Without a home directory the program cannot read the store of the user.
        command.env_clear().env("HOME", "/nonexistent");
        Self { command, input: Vec::new() }
    }

    /// Adds arguments that are separated by white space.
    #[must_use]
    pub fn args(mut self, line: &str) -> Self {
        self.command.args(line.split_whitespace());
        self
    }

    /// Adds one argument without splitting it.
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

    /// Sets the working directory.
    #[must_use]
    pub fn current_dir(mut self, path: &std::path::Path) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Starts the program without input, and does not read its output.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be started.
    pub fn spawn(mut self) -> io::Result<Child> {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }

    /// Sets the standard input of the program.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs the program and waits for its exit.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be started.
    pub fn run(mut self) -> io::Result<Finished> {
        let pipes = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn()?;
        let stdin = child.stdin.take();
        let input = std::mem::take(&mut self.input);
        // Written on another thread: a program may write output before it has read all its input.
        let writer = thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let output = child.wait_with_output()?;
        // A program may exit without reading its input.
        drop(writer.join());
        Ok(Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// The exit code and the output of a program.
#[derive(Debug)]
pub struct Finished {
    /// The exit code, or `None` if a signal terminated the program.
    pub code: Option<i32>,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

/// Formats the exit code and the streams that are not empty, for snapshots.
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

/// Encodes bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Decodes hexadecimal text.
///
/// # Errors
///
/// Returns an error if `text` is not hexadecimal.
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

    /// Returns the path of an installed program of the packages, such as `a0`.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.0.with_file_name(name)
    }

    /// Returns the command that starts the script `name` of `tests/support`, or the script with this absolute path.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        // Writes no bytecode next to the scripts.
        command.arg("-B");
        // Files are read as UTF-8 in every locale.
        command
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("support").join(name))
            .env("PYTHONUTF8", "1");
        command
    }

    /// Runs the script `name` of `tests/support`, which reads one line of JSON for each question and writes one line of
    /// JSON for each answer.
    ///
    /// # Errors
    ///
    /// Returns an error if the script fails or an answer is not valid.
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
