//! Parsing of the command line: the arguments after `--deployed NAME` are inputs of the task.

use std::ffi::OsString;

use clap::Parser as _;

use super::{Arguments, Deferred, Verb};

impl Arguments {
    /// Parses the arguments of the process, the first of which is its name. After `--deployed NAME`, even `--help` is for the task.
    ///
    /// # Errors
    ///
    /// Returns an error if the command line is invalid, or asks for help.
    pub(crate) fn of_process(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let parsed = Self::try_parse_from(&arguments);
        let is_not_deployed = matches!(&parsed, Ok(parsed) if !matches!(&parsed.verb, Verb::Run(Deferred(run)) if run.deployed));
        match with_inputs_of_deployed(arguments) {
            Some(separated) if !is_not_deployed => Self::try_parse_from(separated),
            _ => parsed,
        }
    }
}

/// Inserts `--` between `run --deployed NAME` and the inputs. Returns `None` if there is nothing to insert.
fn with_inputs_of_deployed(mut arguments: Vec<OsString>) -> Option<Vec<OsString>> {
    let option = arguments.iter().position(|argument| argument == "--deployed" || argument == "--")?;
    let is_name = |name: &OsString| !name.as_encoded_bytes().starts_with(b"-");
    let has_inputs = arguments.get(option + 2).is_some_and(|next| next != "--");
    let is_run = arguments.get(1).is_some_and(|verb| verb == "run") && arguments[option] == "--deployed";
    if !(is_run && has_inputs && is_name(&arguments[option + 1])) {
        return None;
    }
    arguments.insert(option + 2, "--".into());
    Some(arguments)
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
