//! Runs of the program `pods`, whose tasks misbehave.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Finished, Home, Program, Terminal};

/// The secret `my_secret`.
pub const SECRET: &str = "Zx81-Spectrum-48K";
/// The secret `certs/my_file_secret`.
pub const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nkJ8vQ2mZ7xT4wP9n\n";
/// The secret of the task `thief`.
pub const LOOT: &str = "k3Jq-71xT/wPz";

/// A home directory in which the program runs.
#[derive(Debug)]
pub struct Runs {
    /// The home directory.
    pub home: Home,
    pods: &'static str,
}

impl Runs {
    /// Creates a home directory without secrets. The arguments are the paths of the command and the program.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be created.
    pub fn without_secrets(command: &'static str, pods: &'static str) -> io::Result<Self> {
        Ok(Self { home: Home::new(command)?, pods })
    }

    /// Creates a home directory with all secrets.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be created.
    pub fn new(command: &'static str, pods: &'static str) -> io::Result<Self> {
        let runs = Self::without_secrets(command, pods)?;
        for (line, value) in [
            ("my_secret", SECRET),
            ("my_file_secret --group certs", CERTIFICATE),
            ("loot", LOOT),
            ("token", "t0k3n-of-hub"),
        ] {
            let created = runs.home.sealkit("create secret -f -").args(line).input(value).run()?;
            if created.code != Some(0) {
                return Err(io::Error::other(created.to_string()));
            }
        }
        Ok(runs)
    }

    /// Returns `sealkit run` with these options, ready for the name of a task.
    pub fn program(&self, options: &str) -> Program {
        self.home.sealkit("run").args(options).arg(self.pods)
    }

    /// Runs a task, normalizes durations in its output, and removes the path of its log.
    ///
    /// # Panics
    ///
    /// Panics if the output contains the secret, or the command cannot be started.
    pub fn run(&self, line: &str) -> Finished {
        self.run_with("", line)
    }

    /// Runs a task with options of `sealkit run`, like [`Runs::run`].
    ///
    /// # Panics
    ///
    /// Panics like [`Runs::run`].
    pub fn run_with(&self, options: &str, line: &str) -> Finished {
        let program = self.program(options).args(line).env("PATH", env::var_os("PATH").unwrap_or_default());
        let mut finished = program.run().expect("a program that can be started");
        assert!(!finished.to_string().contains(SECRET), "{finished}");
        finished.stderr = without_log_note(&without_times(&finished.stderr));
        finished
    }

    /// Starts a run in its own process group.
    ///
    /// # Errors
    ///
    /// Returns an error if the command cannot be started.
    pub fn start(&self, line: &str) -> io::Result<Child> {
        self.start_with("", line)
    }

    /// Starts a run with options of `sealkit run`, like [`Runs::start`].
    ///
    /// # Errors
    ///
    /// Returns an error like [`Runs::start`].
    pub fn start_with(&self, options: &str, line: &str) -> io::Result<Child> {
        self.command(options, line).spawn()
    }

    /// Returns the command of a run in its own process group.
    pub fn command(&self, options: &str, line: &str) -> Command {
        let mut command = Command::new(self.home.command());
        command.arg("run").args(options.split_whitespace());
        command.arg(self.pods).args(line.split_whitespace());
        command.env_clear().env("HOME", self.home.path());
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command
    }

    /// Starts a run on a terminal.
    ///
    /// # Errors
    ///
    /// Returns an error if the command cannot be started.
    pub fn at_terminal(&self, line: &str) -> io::Result<Terminal> {
        let arguments = ["run", self.pods].into_iter().chain(line.split_whitespace());
        let home = self.home.path().to_string_lossy().into_owned();
        Terminal::start(self.home.command(), arguments, &[("HOME", &home), ("TERM", "xterm")], 100)
    }
}

/// Removes the line with the path of the log or the name of the run, which differ between runs.
fn without_log_note(text: &str) -> String {
    const NOTES: [&str; 2] = ["note: the log of this run: ", "note: show this run again: "];
    let is_kept = |line: &&str| !NOTES.iter().any(|note| line.starts_with(note));
    text.split_inclusive('\n').filter(is_kept).collect()
}

/// Replaces durations such as `12 ms` and `1.2 s` by `0 ms`.
fn without_times(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let unit = words[at].trim_end_matches([':', ',', '\n']).lines().next().unwrap_or_default().to_owned();
        let unit = unit.trim_end_matches([':', ',']);
        if matches!(unit, "ms" | "s") && words[at - 1].parse::<f64>().is_ok() {
            words[at - 1] = String::from("0");
            words[at] = words[at].replacen(unit, "ms", 1);
        }
    }
    words.join(" ")
}

/// Masks a value for the task `thief`, so that the search does not find its own argument.
pub fn mask(value: &str) -> String {
    value.bytes().map(|byte| (byte ^ 0xa5).to_string()).collect::<Vec<_>>().join(".")
}

/// Returns the running pods of a run.
pub fn pods(run: u32) -> Vec<u32> {
    let is_server =
        |id: &u32| fs::read(format!("/proc/{id}/comm")).is_ok_and(|name| name == b"fork-server\n");
    children(run).into_iter().filter(|id| !is_server(id)).collect()
}

/// Returns the running child processes of a process.
pub fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

/// Waits for a line on the standard error of a run.
///
/// # Panics
///
/// Panics if the run ends without the line.
pub fn wait_for(child: &mut Child, text: &str) {
    let stderr = child.stderr.take().map(BufReader::new).expect("a run whose errors are read");
    let mut lines = Vec::new();
    for line in stderr.lines().map_while(Result::ok) {
        let found = line.contains(text);
        lines.push(line);
        if found {
            return;
        }
    }
    panic!("`{text}` is not in {lines:?}");
}

/// Waits until a condition is true.
///
/// # Panics
///
/// Panics if it is still false after five minutes.
pub fn until(condition: &str, is_true: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(300), "{condition}");
        thread::sleep(Duration::from_millis(10));
    }
}
