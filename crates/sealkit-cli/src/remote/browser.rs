//! The person's browser.

use std::{
    env, io,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

/// Opens a page in the browser, if there is one to be found: that of `BROWSER`, or of the desktop.
pub(super) fn open(url: &str) {
    // Whoever answers for the cluster chooses the address: nothing but a page may be opened.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return;
    }
    // Editors that are at home on another machine set it, where there is no desktop.
    let chosen = env::var("BROWSER").unwrap_or_default();
    if !commands(&chosen, url).iter().any(|command| start(command).is_ok()) {
        let _ = open::that_detached(url);
    }
}

/// The commands in a list with colons in between, where `%s` stands for the page.
fn commands(list: &str, url: &str) -> Vec<Vec<String>> {
    let command = |text: &str| {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        // Nobody waits for it anyway.
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

/// Starts what stays when this program ends, and says nothing in its terminal.
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
    fn a_browser_is_named_as_other_programs_understand_it() {
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
    fn a_browser_that_is_not_there_is_passed_over() {
        assert!(start(&["/nowhere/browser".to_owned()]).is_err());
        assert!(start(&["true".to_owned()]).is_ok());
    }
}
