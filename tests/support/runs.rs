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

/// The secrets of its tasks.
pub const SECRET: &str = "Zx81-Spectrum-48K";
/// The one that is a file.
pub const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nkJ8vQ2mZ7xT4wP9n\n";
/// The one of the thief.
pub const LOOT: &str = "k3Jq-71xT/wPz";

/// A home in which the program is run.
#[derive(Debug)]
pub struct Runs {
    /// The home.
    pub home: Home,
    pods: &'static str,
}

impl Runs {
    /// A home without secrets, for the command and the program at these paths.
    ///
    /// # Errors
    ///
    /// When there is no room for it.
    pub fn without_secrets(command: &'static str, pods: &'static str) -> io::Result<Self> {
        Ok(Self { home: Home::new(command)?, pods })
    }

    /// A home with all secrets.
    ///
    /// # Errors
    ///
    /// When there is no room for it.
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

    /// `sealkit run` with these options; the task is still to be added.
    pub fn program(&self, options: &str) -> Program {
        self.home.sealkit("run").args(options).arg(self.pods)
    }

    /// Runs a task; times are all one.
    ///
    /// # Panics
    ///
    /// When something of the secret is seen, or nothing can be started.
    pub fn run(&self, line: &str) -> Finished {
        self.run_with("", line)
    }

    /// The same with options.
    ///
    /// # Panics
    ///
    /// As [`Runs::run`].
    pub fn run_with(&self, options: &str, line: &str) -> Finished {
        let program = self.program(options).args(line).env("PATH", env::var_os("PATH").unwrap_or_default());
        let mut finished = program.run().expect("a program that can be started");
        assert!(!finished.to_string().contains(SECRET), "{finished}");
        finished.stderr = without_times(&finished.stderr);
        finished
    }

    /// A run that goes on.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(&self, line: &str) -> io::Result<Child> {
        Command::new(self.home.command())
            .args(["run", self.pods])
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
    }

    /// A run at a terminal.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn at_terminal(&self, line: &str) -> io::Result<Terminal> {
        let arguments = ["run", self.pods].into_iter().chain(line.split_whitespace());
        let home = self.home.path().to_string_lossy().into_owned();
        Terminal::start(self.home.command(), arguments, &[("HOME", &home), ("TERM", "xterm")], 100)
    }
}

/// Every `12 ms` and `1.2 s` as the same.
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

/// The processes that this one has started and that run.
pub fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

/// Waits until what a run says holds this line.
///
/// # Panics
///
/// When it never does.
pub fn wait_for(child: &mut Child, wanted: &str) {
    let stderr = child.stderr.take().map(BufReader::new).expect("a run whose errors are read");
    let mut lines = Vec::new();
    for line in stderr.lines().map_while(Result::ok) {
        let found = line.contains(wanted);
        lines.push(line);
        if found {
            return;
        }
    }
    panic!("{wanted} is not in {lines:?}");
}

/// Waits until something is true.
///
/// # Panics
///
/// Panics if it is still false after five minutes.
pub fn until(what: &str, is_true: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_true() {
        assert!(started.elapsed() < Duration::from_secs(300), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}
