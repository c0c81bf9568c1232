//! The arguments that Flyte passes to a pod.

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use super::super::ProgramError;

/// The arguments of a pod.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Pod {
    /// The name of the task, if it is an argument.
    pub(super) task: Option<String>,
    /// The URI of the file with the inputs.
    pub(super) inputs: Option<String>,
    /// The URI of the directory for the outputs.
    pub(super) outputs: Option<String>,
    /// The URI of the directory for the files of the task.
    pub(super) raw_data: Option<String>,
    /// The name of the run, if it is an argument.
    pub(super) run: Option<String>,
    /// The name of the action, if it is an argument.
    pub(super) action: Option<String>,
    /// When the run started, if it is an argument.
    pub(super) run_start: Option<String>,
}

impl Pod {
    /// Returns whether this is the argument that comes before those of a pod.
    pub(in super::super) fn is_command(command: &str) -> bool {
        ["execute", "a0"].contains(&command)
    }

    /// Returns the arguments of a pod among those of a process, if it is one. The path of the program may come first.
    pub(super) fn of_process(arguments: &[OsString]) -> Option<Self> {
        let is_command = |argument: &OsString| argument.to_str().is_some_and(Self::is_command);
        let command = arguments.iter().take(2).position(is_command)?;
        Some(Self::parse(Parser::from_args(&arguments[command + 1..])))
    }

    /// Parses the arguments of `execute`, and those of the official SDKs for Python and Rust, which begin with `a0`.
    ///
    /// All other words and options are skipped: they are for Python, and new releases of the SDKs add more. An exit code other
    /// than 0 would make Flyte start the pod again forever.
    pub(in super::super) fn parse(mut parser: Parser) -> Self {
        let mut pod = Self::default();
        loop {
            let field = match parser.next() {
                Ok(None) => break,
                Ok(Some(Arg::Long("task"))) => &mut pod.task,
                Ok(Some(Arg::Long("inputs"))) => &mut pod.inputs,
                Ok(Some(Arg::Long("outputs-path"))) => &mut pod.outputs,
                Ok(Some(Arg::Long("raw-data-path"))) => &mut pod.raw_data,
                Ok(Some(Arg::Long("run-name"))) => &mut pod.run,
                Ok(Some(Arg::Long("name"))) => &mut pod.action,
                Ok(Some(Arg::Long("run-start-time"))) => &mut pod.run_start,
                // An error is the value of an option that is skipped.
                Ok(Some(_)) | Err(_) => continue,
            };
            let value = parser.value().ok().map(|value| value.to_string_lossy().into_owned());
            *field = value.filter(|value| !is_absent(value));
        }
        pod
    }

    /// Returns the URI of the directory for the outputs. Without it, no error can be written.
    pub(super) fn outputs(&self, program: &str) -> Result<&str, ProgramError> {
        self.outputs.as_deref().ok_or_else(|| {
            let usage = format!("usage: {program} execute --task TASK --inputs URI --outputs-path URI");
            ProgramError::usage("option `--outputs-path` is missing", usage)
        })
    }
}

/// Returns whether Flyte passed this for an absent value: it leaves the template as it is, or writes two quotes.
fn is_absent(value: &str) -> bool {
    value.is_empty() || value.starts_with("{{") || value == "\"\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Pod {
        Pod::parse(Parser::from_args(line.split_whitespace()))
    }

    fn pod(task: Option<&str>, run: Option<&str>, action: Option<&str>) -> Pod {
        let [task, run, action] = [task, run, action].map(|text| text.map(str::to_owned));
        Pod {
            task,
            inputs: Some("s3://b/inputs.pb".to_owned()),
            outputs: Some("file:///o".to_owned()),
            raw_data: None,
            run,
            action,
            run_start: None,
        }
    }

    #[test]
    fn the_arguments_of_the_python_sdk_are_parsed() {
        let line = "--task all.types --inputs s3://b/inputs.pb --outputs-path file:///o --version v1 \
                    --raw-data-path s3://b/raw --checkpoint-path s3://b/c --prev-checkpoint \"\" --run-name {{.runName}} \
                    --name a0 --run-start-time 2026-01-02T03:04:05Z --image-cache H4sI== --tgz s3://b/fast.tar.gz --dest .";
        let run_start = Some("2026-01-02T03:04:05Z".to_owned());
        let raw_data = Some("s3://b/raw".to_owned());
        assert_eq!(parsed(line), Pod { raw_data, run_start, ..pod(Some("all.types"), None, Some("a0")) });
    }

    #[test]
    fn the_arguments_of_the_rust_sdk_are_parsed() {
        let line = "--inputs s3://b/inputs.pb --outputs-path file:///o --run-name r1 --name {{.actionName}}";
        assert_eq!(parsed(line), pod(None, Some("r1"), None));
        // Flyte leaves out values in both ways, and the last value counts.
        assert_eq!(parsed(&format!("{line} --run-name \"\"")), pod(None, None, None));
    }

    #[test]
    fn unknown_words_and_options_are_skipped() {
        let line = "word --inputs s3://b/inputs.pb -v v1 --debug --new=--task --new -x --outputs-path=file:///o -- --task t1";
        assert_eq!(parsed(line), pod(None, None, None));
    }

    #[test]
    fn a_missing_argument_is_an_error_only_without_a_place_for_errors() {
        assert_eq!(parsed("--outputs-path /o --inputs").inputs, None);
        assert_eq!(parsed("--outputs-path /o --inputs {{.input}}").inputs, None);
        for line in
            ["--task t1 --inputs /i", "--inputs /i --outputs-path", "--outputs-path {{.outputPrefix}}"]
        {
            let error = parsed(line).outputs("demo").unwrap_err();
            assert_eq!(error.problem.message, "option `--outputs-path` is missing", "{line}");
        }
    }
}
