//! Opening a page in a browser.

use std::{
    env, io,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

/// Opens a page in the browser in `BROWSER`, or in that of the desktop. Errors are ignored: the URL is printed, too.
pub(super) fn open(url: &str) {
    // The URL comes from the server: a desktop would also open files and programs.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return;
    }
    // Editors that are connected to a remote machine without a desktop set this variable.
    let chosen = env::var("BROWSER").unwrap_or_default();
    if !commands(&chosen, url).iter().any(|command| start(command).is_ok()) {
        let _ = open::that_detached(url);
    }
}

/// Parses a list of commands, separated by colons, and replaces `%s` with `url`.
fn commands(list: &str, url: &str) -> Vec<Vec<String>> {
    let command = |text: &str| {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        // `&` runs a command in the background, which `start` always does.
        words.pop_if(|last| last == "&");
        if words.is_empty() {
            return None;
        }
        if text.contains("%s") {
            for word in &mut words {
                *word = word.replace("%s", url);
            }
        } else {
            words.push(url.to_owned());
        }
        Some(words)
    };
    list.split(':').filter_map(command).collect()
}

/// Starts a command in the background, without input and output.
fn start(words: &[String]) -> io::Result<()> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.process_group(0).spawn().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_list_of_commands() {
        let all = |list| {
            commands(list, "https://h/?a=1&b=%s").iter().map(|words| words.join("|")).collect::<Vec<_>>()
        };
        assert_eq!(all("firefox"), ["firefox|https://h/?a=1&b=%s"]);
        assert_eq!(
            all("open -u %s --new &: :lynx"),
            ["open|-u|https://h/?a=1&b=%s|--new", "lynx|https://h/?a=1&b=%s"]
        );
        assert!(all("").is_empty() && all(" & ").is_empty());
    }

    #[test]
    fn a_command_that_does_not_exist_is_an_error() {
        assert!(start(&["/missing/browser".to_owned()]).is_err());
        assert!(start(&["true".to_owned()]).is_ok());
    }
}
