//! Values are written in encrypted form only, as traced system calls and the files on the disk show.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use support::{Home, Terminal, hex, tool};

const SECRET: &str = "correct horse battery staple";

/// All system calls that write to files, and those that could write without showing the bytes.
const CALLS: &str = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,mmap,splice,tee,vmsplice,\
                     copy_file_range,sendfile,io_uring_setup,io_submit";

/// A program under `strace`.
struct Traced {
    strace: PathBuf,
    log: PathBuf,
}

impl Traced {
    fn arguments<'a>(&'a self, program: &'a str, line: &'a str) -> Vec<&'a str> {
        let log = self.log.to_str().unwrap();
        // Strings are logged completely and in hexadecimal.
        let options = ["-f", "-xx", "-s", "4194304", "-e", CALLS, "-o", log, "--", program];
        options.into_iter().chain(line.split_whitespace()).collect()
    }

    fn run(&self, home: &Home, program: &str, line: &str, input: &str) -> String {
        let mut traced = home.program(self.strace.to_str().unwrap()).input(input);
        for argument in self.arguments(program, line) {
            traced = traced.arg(argument);
        }
        let finished = traced.run().unwrap();
        assert_eq!(finished.code, Some(0), "{line}: {finished}");
        self.written()
    }

    /// Returns the log, with strings as hexadecimal digits.
    fn written(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap();
        for line in log.lines().filter(|line| line.contains("mmap(")) {
            assert!(!(line.contains("PROT_WRITE") && line.contains("MAP_SHARED")), "untraced write: {line}");
        }
        for call in ["splice(", "tee(", "copy_file_range(", "sendfile(", "io_uring_setup(", "io_submit("] {
            assert!(!log.contains(call), "untraced write: {call}");
        }
        log.replace("\\x", "")
    }
}

fn strace(directory: &Path) -> Traced {
    Traced { strace: tool("strace"), log: directory.join("trace") }
}

/// Returns all files below a directory that contain the secret.
fn files_with_secret(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_secret(&path));
        } else if fs::read(&path).unwrap().windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes()) {
            found.push(path);
        }
    }
    found
}

#[test]
#[cfg_attr(not(has_strace), ignore = "needs strace")]
fn no_command_writes_a_value_in_plain_text() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let traced = strace(elsewhere.path());
    let file = elsewhere.path().join("value");
    fs::write(&file, SECRET).unwrap();
    let (file, secret, command) = (file.to_str().unwrap(), hex(SECRET.as_bytes()), home.command());

    // The trace shows the bytes of a file that a shell writes.
    let control = traced.run(&home, "/bin/sh", "-c cat>/dev/null;echo${IFS}$HOME>$HOME/control", SECRET);
    assert!(control.contains(&hex(home.path().to_str().unwrap().as_bytes())), "{control}");
    fs::remove_file(home.path().join("control")).unwrap();

    let from_file = format!("create secret from_file -f {file}");
    let passphrase = elsewhere.path().join("passphrase");
    fs::write(&passphrase, "battery staple\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let passphrase = passphrase.display();
    let export = format!("export store {}/export --passphrase-file {passphrase}", home.path().display());
    let import = format!("import store {}/export --passphrase-file {passphrase}", home.path().display());
    let argument = "create secret from_an_argument --value correct-horse-battery-staple";
    let steps = [
        (command, &*from_file, ""),
        (command, "create secret my_secret -f -", SECRET),
        (command, argument, ""),
        (command, "update secret my_secret -f -", SECRET),
        (command, "update secret my_secret --restore 1", ""),
        (command, "get secret", ""),
        (command, "get secret my_secret --history -o json", ""),
        (command, "verify store", ""),
        (command, &*export, ""),
        (command, &*import, ""),
        (env!("CARGO_BIN_EXE_example_using_secrets"), "", ""),
        (command, "delete secret my_secret -y", ""),
    ];
    for (program, line, input) in steps {
        let written = traced.run(&home, program, line, input);
        assert!(!written.contains(&secret), "{line} writes the value");
        assert!(!written.contains(&hex(b"correct-horse-battery-staple")), "{line} writes the value");
        let changes = ["create", "update", "delete"].iter().any(|verb| line.starts_with(verb));
        assert_eq!(written.contains(&hex(b"SEC1")), changes, "{line} writes a record");
        assert_eq!(files_with_secret(home.path()), Vec::<PathBuf>::new(), "after {line}");
    }
}

#[test]
#[cfg_attr(not(has_strace), ignore = "needs strace")]
fn no_prompt_writes_a_value_in_plain_text() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let traced = strace(elsewhere.path());
    let arguments = traced.arguments(home.command(), "create secret typed");
    let environment = [("HOME", home.path().to_str().unwrap())];
    let mut terminal = Terminal::start(traced.strace.to_str().unwrap(), arguments, &environment, 80).unwrap();
    terminal.until("Enter secret value: ").unwrap();
    terminal.send(SECRET).unwrap();
    terminal.send("\n").unwrap();
    let (code, seen, _) = terminal.finish().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(!traced.written().contains(&hex(SECRET.as_bytes())));
    assert_eq!(home.stored("typed").unwrap().as_deref(), Some(SECRET.as_bytes()));
    assert_eq!(files_with_secret(home.path()), Vec::<PathBuf>::new());
}
