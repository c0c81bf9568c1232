//! Files and directories of tasks that run as pods on this machine.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};
use support::{
    Finished, Program,
    runs::{Runs, SECRET, until},
};

/// Runs of tasks with files, whose directories are in the home directory.
struct Files(Runs);

impl Files {
    fn new() -> Self {
        let runs = Runs::new(env!("CARGO_BIN_EXE_command"), env!("CARGO_BIN_EXE_file_tasks")).unwrap();
        fs::create_dir(runs.home.path().join("tmp")).unwrap();
        Self(runs)
    }

    fn program(&self, options: &str) -> Program {
        self.0.program(options).env("TMPDIR", self.path("tmp"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.home.path().join(name)
    }

    /// Runs a task, and returns what the command printed, without the progress.
    fn run(&self, options: &str, task: &str, inputs: &[&str]) -> Finished {
        let program = inputs.iter().fold(self.program(options).arg(task), Program::arg);
        let mut finished = program.run().unwrap();
        assert!(!finished.to_string().contains(SECRET), "{finished}");
        let is_kept = |line: &&str| ["error", "hint", "warning"].iter().any(|start| line.starts_with(start));
        finished.stderr = finished.stderr.split_inclusive('\n').filter(is_kept).collect();
        finished
    }

    /// Runs a task that succeeds, and returns its output.
    fn output(&self, options: &str, task: &str, inputs: &[&str]) -> String {
        let finished = self.run(options, task, inputs);
        assert_eq!((finished.code, &*finished.stderr), (Some(0), ""), "{finished}");
        finished.stdout.trim_end().to_owned()
    }

    /// Runs a task that fails, and returns its errors.
    fn error(&self, task: &str, inputs: &[&str]) -> String {
        let finished = self.run("", task, inputs);
        assert_ne!(finished.code, Some(0), "{finished}");
        self.0.home.normalize(&finished.stderr)
    }

    /// Asserts that no run has left anything.
    fn assert_nothing_left(&self) {
        let own = format!("sealkit-{}", rustix::process::geteuid().as_raw());
        let left = fs::read_dir(self.path("tmp").join(&own))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        assert_eq!(left.collect::<Vec<_>>(), Vec::<PathBuf>::new());
        let left = fs::read_dir(self.path("tmp")).unwrap().flatten().map(|entry| entry.file_name());
        assert!(left.collect::<Vec<_>>().iter().all(|name| *name == *own));
    }
}

#[test]
fn a_task_that_is_killed_leaves_no_working_directory() {
    let files = Files::new();
    for (how, code) in
        [("abort", "SIGABRT"), ("exit", "exited with code 3"), ("kill", "SIGKILL"), ("sleep", "timed out")]
    {
        let error = files.error("ends", &["--how", how]);
        assert!(error.contains(code), "{how}: {error}");
        files.assert_nothing_left();
    }
}

#[test]
fn a_file_moves_from_task_to_task_and_out_of_the_run() {
    let files = Files::new();
    assert_eq!(files.output("", "write_and_sum", &["--lines=100000"]), "4999950000");
    // Without `--outputs`, it is removed with the run.
    let printed = files.program("").args("write --lines=3").run().unwrap();
    assert!(
        printed
            .stderr
            .contains("note: the files of the output are removed with the run; keep them: --outputs DIR\n")
    );
    assert!(!Path::new(&serde_json::from_str::<String>(&printed.stdout).unwrap()).exists());
    files.assert_nothing_left();
    let out = files.path("out");
    let options = format!("--outputs {}", out.display());
    for _ in 0..2 {
        let path = files.output(&options, "write", &["--lines=3"]);
        assert_eq!(path, format!("{:?}", out.join("rows.csv")));
        assert_eq!(fs::read_to_string(out.join("rows.csv")).unwrap(), "0\n1\n2\n");
    }
    // A file of this machine is an input, also with a relative path.
    let program = files.program("").args("sum --rows rows.csv").current_dir(&out);
    assert_eq!(program.run().unwrap().stdout, "3\n");
    let large = files.path("large.bin");
    fs::write(&large, (0..5_000_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    files.output(&options, "copy", &["--path", large.to_str().unwrap()]);
    assert!(fs::read(out.join("large.bin")).unwrap() == fs::read(&large).unwrap());
    files.assert_nothing_left();
}

#[test]
fn files_of_one_name_do_not_meet() {
    let files = Files::new();
    let out = files.path("out");
    let output = files.output(&format!("--outputs {}", out.display()), "two_of_one_name", &[]);
    assert_eq!(output, format!("[{:?},{:?}]", out.join("same.txt"), out.join("same-2.txt")));
    let content = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!([content("same.txt"), content("same-2.txt")], ["first", "second"]);
}

#[test]
fn directories_keep_their_tree_and_all_names() {
    let files = Files::new();
    let names = r##"["a b/100%/%20.csv", "a b/c+d=e&f.txt", "deep/er/and/deeper/x", "ü/日本.txt", "#?;:@!$'()*,~[]{}|^`.txt"]"##;
    let mut expected: Vec<String> = serde_json::from_str(names).unwrap();
    expected.sort();
    let listed = files.output("", "tree_and_list", &["--paths", names]);
    assert_eq!(serde_json::from_str::<Vec<String>>(&listed).unwrap(), expected);
    assert_eq!(files.output("", "tree_and_list", &["--paths", "[]"]), "[]");

    let out = files.path("out");
    let options = format!("--outputs {}", out.display());
    assert_eq!(files.output(&options, "tree", &["--paths", names]), format!("{:?}", out.join("tree")));
    for path in &expected {
        assert_eq!(fs::read_to_string(out.join("tree").join(path)).unwrap(), *path);
    }
    // A directory is not merged with another one.
    let again = files.output(&options, "tree", &["--paths", "[\"x\"]"]);
    assert_eq!(again, format!("{:?}", out.join("tree-2")));
    // Where nothing can be copied to, nothing runs.
    let options = format!("--outputs {}", out.join("tree/ü/日本.txt").display());
    let finished = files.program(&options).args("tree --paths []").run().unwrap();
    assert!(finished.stderr.starts_with("error: cannot write the files of the output to `"), "{finished}");
    // A directory of this machine is an input.
    let listed = files.output("", "list", &["--tree", out.join("tree").to_str().unwrap()]);
    assert_eq!(serde_json::from_str::<Vec<String>>(&listed).unwrap(), expected);
    files.assert_nothing_left();
}

#[test]
fn a_directory_may_have_many_files() {
    let files = Files::new();
    assert_eq!(files.output("", "many", &["--count", "100000"]), "100000");
    files.assert_nothing_left();
}

#[test]
fn a_file_with_a_secret_of_the_task_is_not_stored() {
    let files = Files::new();
    let leak = |way: &str| files.error("leak", &["--way", way, "--secret", SECRET]);
    insta::assert_snapshot!(leak("path"), @r#"
    error: task `leak` failed: file `config.txt` of task `leak` contains secret `my_secret` (in plain text, at byte 8 of 26)
    hint: store what was made with the secret, not the secret; to allow it, add to task `leak`: allow_secret_in(output = "o0", secret = "my_secret", because = "...")
    "#);
    assert!(leak("bytes").contains(
        "file `config.txt` of task `leak` contains secret `my_secret` (in plain text, at byte 0 of 17)"
    ));
    assert!(leak("large").contains("file `large.bin` of task `leak` contains secret `my_secret` (in plain text, at byte 16381000 of 16397401)"));
    assert!(leak("name").contains("the name of a file of task `leak` contains secret `my_secret`"));
    assert!(
        files
            .error("leak_in_directory", &[])
            .contains("file `sub/config.txt` of task `leak_in_directory` contains secret")
    );
    // A task may pass it on if it says so.
    for (name, input) in [("from bytes", "--from_path=false"), ("from a path", "--from_path=true")] {
        let out = files.path(&name.replace(' ', "-"));
        files.output(&format!("--outputs {}", out.display()), "allowed", &[input]);
        assert_eq!(fs::read_to_string(out.join("config.txt")).unwrap(), SECRET, "{name}");
    }
    files.assert_nothing_left();
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let files = Files::new();
    let root = files.path("root");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(root.join("file"), "x").unwrap();
    let error = |path: &Path, is_dir: bool| {
        let is_dir = format!("--is_dir={is_dir}");
        files
            .error("from_path", &["--path", path.to_str().unwrap(), &is_dir])
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    let prefix = "error: task `from_path` failed: ";
    assert_eq!(
        error(Path::new("/dev/zero"), false),
        format!("{prefix}cannot store the file `/dev/zero`: it is not a regular file")
    );
    assert_eq!(
        error(&root, false),
        format!("{prefix}cannot store the file `~/root`: it is a directory: use `Dir`")
    );
    assert_eq!(
        error(&root.join("none"), false),
        format!("{prefix}cannot store the file `~/root/none`: No such file or directory")
    );
    assert_eq!(
        error(&root.join("file"), true),
        format!("{prefix}cannot store the directory `~/root/file`: it is a file: use `File`")
    );
    // In a directory, too.
    let refused = |reason: &str| {
        assert_eq!(error(&root, true), format!("{prefix}cannot store the directory `~/root`: {reason}"));
    };
    symlink("/etc/passwd", root.join("sub/link")).unwrap();
    refused("`sub/link` cannot be used: it is a symbolic link: replace it by what it points to");
    fs::remove_file(root.join("sub/link")).unwrap();
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    refused("`socket` cannot be used: it is neither a file nor a directory");
    fs::remove_file(root.join("socket")).unwrap();
    fs::write(root.join("two\nlines"), "x").unwrap();
    refused("`two\\nlines` cannot be used: its name has control characters");
    files.assert_nothing_left();
}

#[test]
fn an_input_that_does_not_exist_is_an_error_before_the_run() {
    let files = Files::new();
    let error = |task: &str, input: &str, path: &str| {
        files.error(task, &[input, path]).lines().next().unwrap().to_owned()
    };
    let missing = error("length", "--file", "none.csv");
    let expected = "error: input `file` cannot be `none.csv`: No such file or directory in `";
    assert!(missing.starts_with(expected), "{missing}");
    assert_eq!(
        error("length", "--file", "~/none.csv"),
        "error: input `file` cannot be `~/none.csv`: No such file or directory; the shell has not expanded `~`: write `$HOME` instead"
    );
    assert_eq!(
        error("length", "--file", "/"),
        "error: input `file` cannot be `/`: it is a directory: use `Dir`"
    );
    assert_eq!(
        error("list", "--tree", "/etc/passwd"),
        "error: input `tree` cannot be `/etc/passwd`: it is a file: use `File`"
    );
}

#[test]
fn the_files_of_a_killed_run_are_removed_by_the_next_command() {
    let files = Files::new();
    let marker = files.path("marker");
    let program = files.program("").args("wait --path").arg(&marker);
    let mut child = program.spawn().unwrap();
    until("the file is stored", || fs::read_to_string(&marker).is_ok_and(|uri| !uri.is_empty()));
    let stored = PathBuf::from(fs::read_to_string(&marker).unwrap());
    assert_eq!(fs::read_to_string(&stored).unwrap(), "content");
    assert!(!stored.starts_with("/dev/shm"));
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert!(stored.exists());
    files.output("", "write_and_sum", &["--lines=2"]);
    assert!(!stored.exists());
    files.assert_nothing_left();
}

#[test]
#[cfg_attr(not(has_namespaces), ignore = "needs user namespaces")]
fn a_full_disk_is_an_error_and_nothing_is_left() {
    let files = Files::new();
    let large = files.path("large.bin");
    fs::write(&large, vec![b'.'; 3 << 20]).unwrap();
    let script = "mount -t tmpfs -o size=2m tmpfs $TMPDIR || exit
                  \"$0\" run --no-history \"$1\" copy --path \"$2\"; echo exit $?; find $TMPDIR -type f
                  \"$0\" run --no-history \"$1\" write --lines 1000000; echo exit $?; find $TMPDIR -type f";
    let unshare = support::tool("unshare");
    let shell = files.0.home.program(unshare.to_str().unwrap()).args("--user --map-root-user --mount sh -c");
    let shell =
        shell.arg(script).arg(files.0.home.command()).arg(env!("CARGO_BIN_EXE_file_tasks")).arg(&large);
    let path = std::env::var_os("PATH").unwrap();
    let finished = shell.env("TMPDIR", files.path("tmp")).env("PATH", path).run().unwrap();
    for (task, file) in [("copy", "large.bin"), ("write", "rows.csv")] {
        let error = format!(
            "error: task `{task}` failed: cannot store the file `{file}`: No space left on device\n\
             hint: free space on the disk, or set `TMPDIR` to a directory on another disk\n"
        );
        assert!(finished.stderr.contains(&error), "{finished}");
    }
    assert_eq!(finished.stdout, "exit 1\nexit 1\n");
}
