//! Cached results of local runs.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use support::{
    Finished,
    runs::{Runs, SECRET},
};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_setting_tasks");

/// Runs, and the file in which a task counts how often it ran.
pub(crate) struct Counted {
    pub(crate) runs: Runs,
    pub(crate) directory: TempDir,
}

impl Counted {
    pub(crate) fn new() -> Self {
        let runs = Runs::new(env!("CARGO_BIN_EXE_command"), PROGRAM).unwrap();
        Self { runs, directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(crate) fn run(&self, options: &str, task: &str) -> Finished {
        self.runs.run_with(options, &format!("{task} --log {}", self.path("log")))
    }

    /// Fails if the secret is in a file of the cache.
    pub(crate) fn assert_no_secret_in_cache(&self) {
        let mut files = vec![self.runs.home.path().join(".cache")];
        while let Some(path) = files.pop() {
            if let Ok(entries) = fs::read_dir(&path) {
                files.extend(entries.map(|entry| entry.unwrap().path()));
                continue;
            }
            let content = fs::read(&path).unwrap_or_default();
            let mut parts = content.windows(SECRET.len());
            assert!(!parts.any(|part| part == SECRET.as_bytes()), "{}", path.display());
        }
    }

    /// Returns how often the task ran since the last question.
    pub(crate) fn count(&self) -> usize {
        let count = fs::read_to_string(self.path("log")).unwrap_or_default().lines().count();
        let _ = fs::remove_file(self.path("log"));
        count
    }
}

#[test]
fn an_equal_call_is_not_run_again() {
    let counted = Counted::new();
    let first = counted.run("", "counted --n 4");
    assert_eq!((&*first.stdout, counted.count()), ("8\n", 1), "{first}");
    let second = counted.run("", "counted --n 4");
    assert_eq!((&*second.stdout, counted.count()), ("8\n", 0), "{second}");
    assert!(
        second.stderr.starts_with("counted succeeded (cached)\n1 task succeeded (1 cached) in "),
        "{second}"
    );
    // An ignored input does not matter, any other does.
    let log = counted.path("other");
    counted.runs.run(&format!("counted --n 4 --log {log}"));
    assert!(!fs::exists(&log).unwrap());
    assert_eq!((&*counted.run("", "counted --n 5").stdout, counted.count()), ("10\n", 1));
    for options in ["--env MODE=slow", "--domain development", "--domain development --project p"] {
        counted.run(options, "counted --n 4");
        assert_eq!(counted.count(), 1, "{options}");
    }
    // The history shows it.
    let names = counted.runs.home.sealkit("get run --local -o name").run().unwrap().stdout;
    let show = |name: &str| counted.runs.home.sealkit(&format!("get run {name}")).run().unwrap().stdout;
    let cached = names.lines().filter(|name| show(name).contains("succeeded (cached)")).count();
    assert_eq!(cached, 2, "{names}");

    // Run again, and store the new result.
    counted.run("--no-cache", "counted --n 4");
    assert_eq!(counted.count(), 1);
    counted.run("", "counted --n 4");
    assert_eq!(counted.count(), 0);
    for (task, hint) in [("counted_file", ""), ("countd", "hint: did you mean `counted`?\n")] {
        let refused = counted.runs.home.sealkit("delete cache").arg(task).run().unwrap();
        let error = format!("error: no results of task `{task}` are cached\n{hint}");
        assert_eq!((refused.code, &*refused.stderr), (Some(1), &*error));
    }
    let deleted = counted.runs.home.sealkit("delete cache").run().unwrap();
    assert_eq!((deleted.code, &*deleted.stderr), (Some(0), "Deleted 5 cached results\n"));
    let deleted = counted.runs.home.sealkit("delete cache counted").run().unwrap();
    assert_eq!((deleted.code, &*deleted.stderr), (Some(0), "Deleted 0 cached results of task `counted`\n"));
    counted.run("", "counted --n 4");
    assert_eq!(counted.count(), 1);
}

#[test]
fn a_called_task_is_cached_too() {
    let counted = Counted::new();
    let finished = counted.run("", "counted_often --times 100");
    assert_eq!((&*finished.stdout, counted.count()), ("800\n", 1), "{finished}");
    assert!(finished.stderr.contains("  counted[2] succeeded (cached)\n"), "{finished}");
    assert!(finished.stderr.contains("101 tasks succeeded (99 cached) in "), "{finished}");
}

#[test]
fn a_new_value_of_a_secret_is_a_new_call() {
    let counted = Counted::new();
    let update = |value: &str| {
        let updated = counted.runs.home.sealkit("update secret my_secret -f -").input(value).run().unwrap();
        assert_eq!(updated.code, Some(0), "{updated}");
    };
    for task in ["counted_with_secret", "counted_workflow"] {
        counted.runs.home.sealkit("delete cache").run().unwrap();
        counted.run("", task);
        assert!(counted.count() > 0);
        counted.run("", task);
        assert_eq!(counted.count(), 0, "{task}");
        update("12345");
        assert_eq!(counted.run("", task).stdout, "5\n");
        assert!(counted.count() > 0, "{task}");
        // The same value is another revision.
        update("123456");
        update("12345");
        counted.run("", task);
        assert!(counted.count() > 0, "{task}");
    }
    // The key cannot cover a call that is not declared.
    let undeclared = counted.run("", "counted_undeclared");
    assert!(
        undeclared.stderr.contains(
            "warning: task `counted_undeclared` is not cached: it calls task `counted_with_secret`"
        ),
        "{undeclared}"
    );
    counted.count();
    counted.run("", "counted_undeclared");
    assert!(counted.count() > 0);
    // No value is in a file of the cache.
    let cache = counted.runs.home.path().join(".cache/sealkit");
    let mut pending = vec![cache];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert!(!String::from_utf8_lossy(&fs::read(path).unwrap()).contains("12345"));
        }
    }
    // A value from elsewhere has no revision.
    let uncached = counted.runs.program("--secret my_secret=env:VALUE").arg("counted_with_secret");
    let uncached = uncached.arg("--log").arg(counted.path("log")).env("VALUE", "1234567").run().unwrap();
    assert_eq!(uncached.stdout, "7\n");
    assert!(
        uncached.stderr.contains(
            "warning: task `counted_with_secret` is not cached: secret `my_secret` is not from the store"
        ),
        "{uncached}"
    );
}

#[test]
fn calls_of_cached_tasks_may_be_dropped() {
    let counted = Counted::new();
    for _ in 0..2 {
        let finished = counted.runs.run_with("", "drops_calls --times 300");
        assert_eq!((finished.code, &*finished.stdout), (Some(0), "100000\n"), "{finished}");
    }
}

#[test]
fn a_result_that_depends_on_the_whole_environment_is_not_cached() {
    let counted = Counted::new();
    for _ in 0..2 {
        let finished = counted.run("--inherit-env", "counted --n 4");
        assert_eq!((&*finished.stdout, counted.count()), ("8\n", 1), "{finished}");
        assert!(finished.stderr.contains("is not cached: it inherits the whole environment"), "{finished}");
    }
}

#[test]
fn a_result_that_depends_on_standard_input_is_not_cached() {
    let counted = Counted::new();
    for _ in 0..2 {
        let program = counted.runs.program("--stdin").args("counted --n 1 --log").arg(counted.path("log"));
        let finished = program.input("text").run().unwrap();
        assert!(finished.stderr.contains("is not cached: it reads standard input"), "{finished}");
        assert_eq!(counted.count(), 1);
    }
}

/// The task would wait for the lock that it holds.
#[test]
fn a_serialized_task_may_call_itself() {
    let counted = Counted::new();
    let finished = counted.run("", "calls_itself --depth 3");
    assert_eq!((&*finished.stdout, counted.count()), ("3\n", 4), "{finished}");
    let endless = counted.run("--no-cache", "calls_itself --depth 200");
    assert!(endless.stderr.contains("nested deeper than 64"), "{endless}");
}

/// The copies of a program are other programs, except for `auto`.
#[test]
fn two_programs_share_no_results() {
    let counted = Counted::new();
    let copy = counted.path("copy");
    fs::copy(PROGRAM, &copy).unwrap();
    let run = |program: &str, task: &str| {
        let run =
            counted.runs.home.sealkit("run").arg(program).args(task).arg("--log").arg(counted.path("log"));
        assert_eq!(run.run().unwrap().code, Some(0));
        counted.count()
    };
    assert_eq!([PROGRAM, &copy].map(|program| run(program, "counted --n 4")), [1, 1]);
    assert_eq!([PROGRAM, &copy].map(|program| run(program, "counted_with_secret")), [1, 0]);
}

#[test]
fn a_cache_is_not_a_path() {
    let counted = Counted::new();
    counted.run("", "counted --n 4");
    for name in ["..", "."] {
        let refused = counted.runs.home.sealkit("delete cache").arg(name).run().unwrap();
        assert_eq!(refused.code, Some(2), "{refused}");
    }
    counted.count();
    counted.run("", "counted --n 4");
    assert_eq!(counted.count(), 0);
}

#[test]
fn a_result_is_not_older_than_its_maximum_age() {
    let counted = Counted::new();
    let run = || {
        let finished = counted.run("", "counted_for_a_second");
        assert_eq!(finished.code, Some(0), "{finished}");
        counted.count()
    };
    assert_eq!(run(), 1);
    thread::sleep(Duration::from_millis(1_100));
    assert_eq!(run(), 1);
}

/// The cache is not encrypted.
#[test]
fn an_output_that_may_contain_a_secret_is_not_cached() {
    let counted = Counted::new();
    for _ in 0..2 {
        let finished =
            counted.runs.program("").args("counted_signature --log").arg(counted.path("log")).run().unwrap();
        assert_eq!((finished.code, counted.count()), (Some(0), 1), "{finished}");
        let reason = "is not cached: task `allowed_in_a_tuple` may pass on a secret\nhint: cache only tasks";
        assert!(finished.stderr.contains(reason), "{finished}");
    }
    counted.assert_no_secret_in_cache();
}

#[test]
fn failures_are_not_cached() {
    let counted = Counted::new();
    for _ in 0..2 {
        assert_eq!(counted.run("", "counted_failure").code, Some(1));
        assert_eq!(counted.count(), 1);
    }
}

#[test]
fn equal_calls_of_a_serialized_task_wait_for_each_other() {
    let counted = Counted::new();
    let outputs: Vec<Finished> = thread::scope(|threads| {
        let runs: Vec<_> = (0..4).map(|_| threads.spawn(|| counted.run("", "counted_once"))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(outputs.iter().all(|finished| finished.code == Some(0)), "{outputs:?}");
    assert_eq!(counted.count(), 1);
    let waits =
        |finished: &&Finished| finished.stderr.contains("counted_once waits until an equal call has ended");
    assert!(outputs.iter().filter(waits).count() > 0, "{outputs:?}");
}

/// Eight runs at once, while others are killed at any moment, and damaged and unwritable files: there is never a wrong result.
#[test]
fn no_result_is_wrong() {
    let counted = Counted::new();
    let kills = std::env::var("SEALKIT_TEST_KILLS").map_or(100, |count| count.parse().unwrap());
    let started = Instant::now();
    counted.run("--no-history --no-cache", "counted --n 0");
    let duration = started.elapsed();
    // Returns whether the run had ended before it was killed.
    let kill_at = |n: u32| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_command"));
        command
            .env_clear()
            .env("HOME", counted.runs.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap());
        let log = counted.path(&format!("killed-{n}"));
        // Each run writes its result, over that of others.
        command.args(["run", "--no-history", "--no-cache", PROGRAM, "counted", "--n", &(n % 4).to_string()]);
        command.args(["--log", &log]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(duration * (n * 37 % 100) / 50);
        let has_ended = child.try_wait().unwrap().is_some();
        let _ = child.kill();
        let _ = child.wait();
        has_ended
    };
    let outcomes = thread::scope(|threads| {
        let killer = threads.spawn(|| (0..kills).map(kill_at).collect::<Vec<_>>());
        for _ in 0..8 {
            threads.spawn(|| {
                for n in 0..8 {
                    let finished = counted.run("--no-history", &format!("counted --n {}", n % 4));
                    assert_eq!(finished.stdout, format!("{}\n", n % 4 * 2), "{finished}");
                }
            });
        }
        killer.join().unwrap()
    });
    assert!(outcomes.iter().any(|has_ended| !has_ended), "no run was killed");
    let results = counted.runs.home.path().join(".cache/sealkit/results/results/counted");
    let files: Vec<_> = fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 4);
    for (index, path) in files.iter().enumerate() {
        let content = fs::read(path).unwrap();
        fs::write(path, &content[..content.len() / (index + 2)]).unwrap();
    }
    for n in 0..4 {
        let finished = counted.run("", &format!("counted --n {n}"));
        assert_eq!(finished.stdout, format!("{}\n", n * 2), "{finished}");
    }
    // A cache that cannot be written does not matter.
    let home = counted.runs.home.path().join(".cache/sealkit");
    fs::remove_dir_all(&home).unwrap();
    fs::write(&home, "a file").unwrap();
    let finished = counted.run("", "counted --n 3");
    assert_eq!((finished.code, &*finished.stdout), (Some(0), "6\n"), "{finished}");
    assert!(finished.stderr.contains("warning: task `counted` is not cached: "), "{finished}");
}
