//! Command lines: in hints, and before they are parsed.

use std::ffi::OsString;

use crate::selection::Selection;

/// Adds `--` after `run --deployed NAME`: what follows are inputs of the task, even `--help`.
pub(crate) fn with_inputs_of_deployed(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let is_run = arguments.get(1).is_some_and(|verb| verb == "run");
    let option = arguments.iter().position(|argument| argument == "--deployed" || argument == "--");
    if let Some(index) = option.filter(|index| is_run && arguments[*index] == "--deployed") {
        let is_name = |name: &OsString| !name.as_encoded_bytes().starts_with(b"-");
        let is_separated = arguments.get(index + 2).is_none_or(|next| next == "--");
        if arguments.get(index + 1).is_some_and(is_name) && !is_separated {
            arguments.insert(index + 2, "--".into());
        }
    }
    arguments
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
            ("sealkit run --remote --deployed t --n 1", "sealkit run --remote --deployed t -- --n 1"),
            ("sealkit run --deployed t --help", "sealkit run --deployed t -- --help"),
            ("sealkit run --deployed t -- --n 1", "sealkit run --deployed t -- --n 1"),
            ("sealkit run --deployed t", "sealkit run --deployed t"),
            ("sealkit run --deployed --remote t --n 1", "sealkit run --deployed --remote t --n 1"),
            ("sealkit run main.rs t -- --deployed x y", "sealkit run main.rs t -- --deployed x y"),
            ("sealkit get --deployed t --n", "sealkit get --deployed t --n"),
        ];
        for (given, expected) in cases {
            let separated = with_inputs_of_deployed(given.split(' ').map(OsString::from));
            assert_eq!(separated, expected.split(' ').collect::<Vec<_>>());
        }
    }
}
