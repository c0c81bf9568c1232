//! Command lines: in hints, and before they are parsed.

use std::ffi::OsString;

use crate::selection::Selection;

/// Adds `--` after `run --deployed NAME`. Returns `None` if the arguments are others.
pub(crate) fn with_inputs_of_deployed(mut arguments: Vec<OsString>) -> Option<Vec<OsString>> {
    let option = arguments.iter().position(|argument| argument == "--deployed" || argument == "--")?;
    let is_name = |name: &OsString| !name.as_encoded_bytes().starts_with(b"-");
    let has_inputs = arguments.get(option + 2).is_some_and(|next| next != "--");
    let is_run = arguments[1] == "run" && arguments[option] == "--deployed";
    if !(is_run && has_inputs && is_name(&arguments[option + 1])) {
        return None;
    }
    arguments.insert(option + 2, "--".into());
    Some(arguments)
}

/// A command line on a secret, to suggest in a hint.
pub(crate) struct CommandLine<'a> {
    pub(crate) verb: &'static str,
    pub(crate) id: &'a dyn Selection,
    pub(crate) is_remote: bool,
}

impl CommandLine<'_> {
    /// Returns the command line with one more option, or with none if it is empty.
    pub(crate) fn with(&self, option: &str) -> String {
        let (verb, arguments) = (self.verb, self.id.arguments());
        let options = [if self.is_remote { "--remote" } else { "" }, option];
        let options = options.iter().filter(|option| !option.is_empty()).map(|option| format!(" {option}"));
        let options: String = options.collect();
        // After `--`, every argument is positional.
        if arguments.contains("-- ") {
            format!("sealkit {verb} secret{options} {arguments}")
        } else {
            format!("sealkit {verb} secret {arguments}{options}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_of_a_deployed_task_are_separated() {
        let cases = [
            ("sealkit run --remote --deployed t --n 1", Some("sealkit run --remote --deployed t -- --n 1")),
            ("sealkit run --deployed t --help", Some("sealkit run --deployed t -- --help")),
            ("sealkit run --deployed t -- --n 1", None),
            ("sealkit run --deployed t", None),
            ("sealkit run --deployed", None),
            ("sealkit run --deployed --remote t --n 1", None),
            ("sealkit run main.rs t -- --deployed x y", None),
            ("sealkit get --deployed t --n", None),
        ];
        for (given, expected) in cases {
            let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(with_inputs_of_deployed(words(given)), expected.map(words), "{given}");
        }
    }
}
