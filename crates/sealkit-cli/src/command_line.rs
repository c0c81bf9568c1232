//! Command lines in hints.

use crate::selection::Selection;

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
