//! Completion of commands, options and names of secrets in each shell.

use std::{fs, os::unix::fs::symlink};

use support::{Home, Terminal, tool};

/// Creates a home directory with secrets, and returns a `PATH` that contains the `sealkit` command.
fn home() -> (Home, String) {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    for line in ["my_secret", "my_other --group db --domain development", "token"] {
        let created = home.run(&format!("create secret {line} --value hunter2")).unwrap();
        assert_eq!(created.code, Some(0), "{created}");
    }
    let programs = home.path().join("bin");
    fs::create_dir(&programs).unwrap();
    symlink(home.command(), programs.join("sealkit")).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    (home, path)
}

/// Types incomplete commands and Tab in an interactive shell.
fn complete_interactively(home: &Home, path: &str, shell: &[&str], start: &str) {
    let environment = [("HOME", home.path().to_str().unwrap()), ("PATH", path), ("PS1", "> ")];
    let arguments = shell[1..].iter().copied();
    let mut terminal = Terminal::start(shell[0], arguments, &environment, 100).unwrap();
    terminal.send(&format!("{start}; echo rea''dy\n")).unwrap();
    terminal.until("\nready").unwrap();
    for (typed, completed) in
        [("sealkit delete secret tok\t", "sealkit delete secret token"), ("sealkit upd\t", "sealkit update")]
    {
        terminal.send(typed).unwrap();
        terminal.until(completed).unwrap();
        terminal.send("\x15").unwrap();
    }
    terminal.send("exit\n").unwrap();
    terminal.finish().unwrap();
}

#[test]
#[cfg_attr(not(has_bash), ignore = "needs bash")]
fn bash_completes() {
    let bash = tool("bash");
    let (home, path) = home();
    let complete = |words: &str| {
        let script = format!(
            "source <(sealkit completions bash)\n\
             COMP_WORDS=(sealkit {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9\n\
             function=$(complete -p sealkit | sed -E 's/.*-F ([^ ]+).*/\\1/')\n\
             $function sealkit \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let bash = home.program(bash.to_str().unwrap()).env("PATH", &path);
        let finished = bash.args("--norc --noprofile -c").arg(script).run().unwrap();
        assert_eq!((finished.code, &*finished.stderr), (Some(0), ""), "{finished}");
        finished.stdout.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete("cr"), ["create"]);
    assert_eq!(complete("delete secret my"), ["my_other", "my_secret"]);
    assert_eq!(complete("get secret tok"), ["token"]);
    assert_eq!(complete("update secret my_secret --val"), ["--value", "--value-file"]);
    assert_eq!(complete("get secret --group ''"), ["db"]);
    assert_eq!(complete("get secret --domain dev"), ["development"]);
    assert_eq!(complete("build image --platform linux"), ["linux/amd64", "linux/arm64"]);
    let start = "source <(sealkit completions bash)";
    complete_interactively(&home, &path, &[bash.to_str().unwrap(), "--norc", "--noprofile", "-i"], start);
    assert_eq!(complete("create secret my"), Vec::<String>::new(), "existing names are not completed");
}

#[test]
#[cfg_attr(not(has_fish), ignore = "needs fish")]
fn fish_completes() {
    let fish = tool("fish");
    let (home, path) = home();
    let complete = |words: &str| {
        let script = format!("sealkit completions fish | source; complete -C 'sealkit {words}'");
        let fish = home.program(fish.to_str().unwrap()).env("PATH", &path);
        let finished = fish.args("--no-config -c").arg(script).run().unwrap();
        assert_eq!(finished.code, Some(0), "{finished}");
        let word = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        finished.stdout.lines().map(word).collect::<Vec<_>>()
    };
    assert_eq!(complete("cr"), ["create"]);
    assert_eq!(complete("delete secret my"), ["my_other", "my_secret"]);
    assert_eq!(complete("get secret --domain dev"), ["development"]);
}

#[test]
#[cfg_attr(not(has_zsh), ignore = "needs zsh")]
fn zsh_completes() {
    let zsh = tool("zsh");
    let (home, path) = home();
    let start =
        "unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u; source <(sealkit completions zsh)";
    complete_interactively(&home, &path, &[zsh.to_str().unwrap(), "-f", "-i"], start);
}

#[test]
fn a_store_that_cannot_be_read_completes_nothing_and_prints_nothing() {
    let home = Home::new(env!("CARGO_BIN_EXE_command")).unwrap();
    fs::create_dir_all(home.store_paths().directory()).unwrap();
    let asked = home.sealkit("-- sealkit delete secret").arg("").env("SEALKIT_COMPLETE", "bash");
    let finished = asked.env("_CLAP_COMPLETE_INDEX", "3").run().unwrap();
    assert!(finished.code == Some(0) && finished.stderr.is_empty(), "{finished}");
}
