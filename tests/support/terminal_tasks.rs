//! Tasks that print, and use the terminal.

use std::{
    fs,
    io::{self, Write as _},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use sealkit::{task, workflow};

/// Prints lines in pieces, as `eprintln!` does.
#[task]
async fn prints(number: i64, lines: usize) -> sealkit::Result<()> {
    for line in 0..lines {
        eprintln!("line {line} of {number} has several pieces {}", "x".repeat(20));
    }
    Ok(())
}

/// Prints lines in two pods at the same time.
#[workflow]
async fn prints_side_by_side(lines: usize) -> sealkit::Result<()> {
    let (one, two) = tokio::join!(prints(1, lines), prints(2, lines));
    one.and(two)
}

/// Prints a line in pieces, with pauses.
#[task]
fn prints_slowly() -> sealkit::Result<()> {
    for piece in ["one", " two", " three\n"] {
        eprint!("{piece}");
        thread::sleep(Duration::from_millis(40));
    }
    eprint!("without an end");
    thread::sleep(Duration::from_millis(400));
    for percent in 0..=100 {
        eprint!("\r{percent} %");
    }
    Ok(())
}

/// Asks for a password at the terminal, as ssh does.
#[task]
fn asks() -> anyhow::Result<String> {
    let mut answer = String::new();
    io::Read::read_to_string(
        &mut fs::File::open("/dev/tty").context("cannot ask for the password")?,
        &mut answer,
    )?;
    Ok(answer)
}

/// Prints the width of its terminal whenever it changes, until it is 123.
#[task]
fn watches_its_width() -> anyhow::Result<()> {
    let mut last = 0;
    while last != 123 {
        let width = rustix::termios::tcgetwinsize(io::stderr())?.ws_col;
        if width != last {
            println!("width {width}");
        }
        last = width;
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Hides the cursor and sets a colour, and then ends or is killed.
#[task]
fn changes_the_terminal(by_a_kill: bool) -> sealkit::Result<()> {
    print!("\x1b[?25l\x1b[31mred");
    let _ = io::stdout().flush();
    if by_a_kill {
        thread::sleep(Duration::from_millis(200));
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    Ok(())
}

/// Counts, one number each 50 ms.
#[task]
fn counts(to: i64) -> sealkit::Result<()> {
    for number in 0..to {
        println!("number {number}.");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
