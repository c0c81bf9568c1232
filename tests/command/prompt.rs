//! Prompts of the `sealkit` command: values are not echoed, and the terminal is restored.

use std::fs;

use support::{Home, Terminal};

use crate::home;

const SECRET: &str = "correct horse battery staple";

/// The command at a terminal of 100 columns.
fn at_terminal(home: &Home, line: &str) -> Terminal {
    at_terminal_of(home, line, 100)
}

fn at_terminal_of(home: &Home, line: &str, columns: u16) -> Terminal {
    let environment = [("HOME", home.path().to_str().unwrap()), ("SHELL", "/bin/bash")];
    Terminal::start(home.command(), line.split_whitespace(), &environment, columns).unwrap()
}

#[test]
fn a_typed_value_is_stored_and_not_echoed() {
    let home = home();
    let mut terminal = at_terminal(&home, "create secret my_secret");
    terminal.until("Enter secret value: ").unwrap();
    assert!(!terminal.echoes().unwrap());
    terminal.send(&SECRET[..7]).unwrap();
    let process = format!("/proc/{}", terminal.id());
    for place in ["cmdline", "environ"] {
        let bytes = fs::read(format!("{process}/{place}")).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&SECRET[..7]), "{place}");
    }
    terminal.send(&SECRET[7..]).unwrap();
    terminal.send("\n").unwrap();
    let (code, seen, echoes) = terminal.finish().unwrap();
    assert_eq!((code, echoes), (Some(0), true), "{seen}");
    let key = home.store_paths().key_file().display().to_string();
    let note = format!(
        "created the key `{key}`; without it the secrets cannot be read: back it up apart from the store"
    );
    assert_eq!(seen, format!("Enter secret value: \nCreated secret `my_secret` (version 1)\nnote: {note}\n"));
    assert_eq!(home.stored("my_secret").unwrap().as_deref(), Some(SECRET.as_bytes()));
}

#[test]
fn there_is_no_prompt_for_a_secret_that_exists() {
    let home = home();
    home.sealkit("create secret my_secret -f -").input(SECRET).run().unwrap();
    let (code, seen, _) = at_terminal(&home, "create secret my_secret").finish().unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(
        seen,
        "error: secret `my_secret` already exists\nhint: give it a new value: sealkit update secret my_secret\n"
    );
}

#[test]
fn ctrl_c_and_signals_restore_the_terminal_and_store_nothing() {
    for signal in [None, Some(rustix::process::Signal::TERM), Some(rustix::process::Signal::INT)] {
        let home = home();
        let mut terminal = at_terminal(&home, "create secret my_secret");
        terminal.until("Enter secret value: ").unwrap();
        terminal.send("hunter2").unwrap();
        match signal {
            None => terminal.send("\x03").unwrap(),
            Some(signal) => {
                let id = rustix::process::Pid::from_raw(terminal.id().cast_signed()).unwrap();
                rustix::process::kill_process(id, signal).unwrap();
            }
        }
        let (code, seen, echoes) = terminal.finish().unwrap();
        assert_eq!((code, echoes), (Some(130), true), "{signal:?}");
        assert_eq!(seen, "Enter secret value: \nerror: interrupted\n");
        assert_eq!(home.stored("my_secret").unwrap(), None);
        assert!(!home.path().join(".local").exists(), "no store was created");
    }
}

#[test]
fn typing_errors_can_be_corrected() {
    let home = home();
    let mut terminal = at_terminal(&home, "create secret my_secret");
    terminal.until("Enter secret value: ").unwrap();
    // Ctrl-U clears the line, Backspace removes a whole character.
    terminal.send("wrong\x15pässß\x7f\x08wort\n").unwrap();
    assert_eq!(terminal.finish().unwrap().0, Some(0));
    assert_eq!(home.stored("my_secret").unwrap().as_deref(), Some("päswort".as_bytes()));
}

#[test]
fn a_line_longer_than_the_limit_of_the_kernel_is_complete() {
    let home = home();
    let long = "0123456789abcdef".repeat(600);
    let mut terminal = at_terminal(&home, "create secret long");
    terminal.until("Enter secret value: ").unwrap();
    terminal.send(&long).unwrap();
    terminal.send("\n").unwrap();
    assert_eq!(terminal.finish().unwrap().0, Some(0));
    assert_eq!(home.stored("long").unwrap().unwrap().len(), long.len());
}

#[test]
fn invalid_input_is_refused() {
    for (keys, reason) in [
        ("-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n", "more than one line was pasted"),
        ("hunter\x1b[D2\n", "the input contains a control key, such as an arrow key"),
        ("\n", "the value is empty"),
        ("\x04", "nothing was entered"),
    ] {
        let home = home();
        let mut terminal = at_terminal(&home, "create secret my_secret");
        terminal.until("Enter secret value: ").unwrap();
        terminal.send(keys).unwrap();
        let (code, seen, echoes) = terminal.finish().unwrap();
        assert_eq!((code, echoes), (Some(1), true), "{seen}");
        assert!(seen.contains(reason), "{seen}");
        assert!(!seen.contains("hunter") && !seen.contains("MIIB"), "{seen}");
        assert_eq!(home.stored("my_secret").unwrap(), None);
    }
}

#[test]
fn a_value_on_the_command_line_is_warned_about() {
    let home = home();
    let (code, seen, _) = at_terminal(&home, "create secret my_secret --value hunter2").finish().unwrap();
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(home.normalize(&seen), @"
    warning: `--value` makes the secret visible in process lists and in the history of the shell
    hint: remove it from the history: history -d -2; next time, leave it out to be prompted: sealkit create secret my_secret
    Created secret `my_secret` (version 1)
    note: created the key `~/.config/sealkit/key`; without it the secrets cannot be read: back it up apart from the store
    ");
    let piped = home.run("create secret other --value hunter2").unwrap();
    assert_eq!(piped.to_string(), "exit code 0\n-- stderr\nCreated secret `other` (version 1)\n");
}

#[test]
fn a_value_is_not_read_from_standard_input_with_echo() {
    let home = home();
    let (code, seen, _) = at_terminal(&home, "create secret my_secret -f -").finish().unwrap();
    assert_eq!(code, Some(2));
    assert!(seen.starts_with("error: `-f -` would echo the value"), "{seen}");
}

#[test]
fn a_deletion_asks_for_confirmation() {
    let home = home();
    home.sealkit("create secret my_secret -f -").input(SECRET).run().unwrap();
    for (answer, code, left) in [("\n", 1, true), ("n\n", 1, true), ("y\n", 0, false)] {
        let mut terminal = at_terminal(&home, "delete secret my_secret");
        terminal
            .until("Delete secret `my_secret` and all its versions? This cannot be undone. [y/N] ")
            .unwrap();
        terminal.send(answer).unwrap();
        let (ended, seen, _) = terminal.finish().unwrap();
        assert_eq!(ended, Some(code), "{seen}");
        assert_eq!(home.stored("my_secret").unwrap().is_some(), left, "{answer}");
    }
}

#[test]
fn a_locked_key_prompts_for_its_passphrase() {
    let home = home();
    home.sealkit("create secret my_secret -f -").input("v1").run().unwrap();
    let mut terminal = at_terminal(&home, "update key");
    terminal.until("Enter new passphrase: ").unwrap();
    terminal.send("correct horse\n").unwrap();
    terminal.until("Repeat new passphrase: ").unwrap();
    terminal.send("correct horse\n").unwrap();
    let (code, seen, _) = terminal.finish().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains("horse"), "{seen}");

    let piped = home.sealkit("update secret my_secret -f -").input("v2").run().unwrap();
    assert_eq!(piped.code, Some(1));
    assert!(
        piped.stderr.contains("requires a passphrase") && piped.stderr.contains("SEALKIT_PASSPHRASE_FILE")
    );

    let mut terminal = at_terminal(&home, "update secret my_secret");
    terminal.until("Enter passphrase: ").unwrap();
    terminal.send("correct horse\n").unwrap();
    terminal.until("Enter secret value: ").unwrap();
    terminal.send("v2\n").unwrap();
    let (code, seen, _) = terminal.finish().unwrap();
    assert_eq!(code, Some(0), "{seen}");

    let mut terminal = at_terminal(&home, "update key --remove-passphrase");
    terminal.until("Enter passphrase: ").unwrap();
    terminal.send("\x03").unwrap();
    assert_eq!(terminal.finish().unwrap().0, Some(130));
    let mut terminal = at_terminal(&home, "update key --remove-passphrase");
    terminal.until("Enter passphrase: ").unwrap();
    terminal.send("wrong\n").unwrap();
    assert_eq!(terminal.finish().unwrap().0, Some(1));
    let mut terminal = at_terminal(&home, "update key --remove-passphrase");
    terminal.until("Enter passphrase: ").unwrap();
    terminal.send("correct horse\n").unwrap();
    assert_eq!(terminal.finish().unwrap().0, Some(0));
    assert_eq!(home.stored("my_secret").unwrap().as_deref(), Some(&b"v2"[..]));
}

#[test]
fn a_table_is_shortened_on_a_terminal_and_complete_in_a_pipe() {
    let home = home();
    let long = "a-long-name-".repeat(10);
    home.sealkit(&format!("create secret {long} --group groups -f -")).input(SECRET).run().unwrap();
    for columns in [40, 80, 200] {
        let (code, seen, _) = at_terminal_of(&home, "get secret", columns).finish().unwrap();
        assert_eq!(code, Some(0));
        assert!(seen.lines().all(|line| line.chars().count() <= usize::from(columns)), "{seen}");
        assert_eq!(seen.contains(&long), columns == 200, "{seen}");
    }
    let piped = home.run("get secret").unwrap();
    assert!(piped.stdout.contains(&long) && !piped.stdout.contains('\x1b'), "{piped}");
}
