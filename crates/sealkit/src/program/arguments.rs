//! What was typed.

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use super::{Fault, pod::Pod};

/// What is to be done; [`Plain`](Self::Plain) is what is done if nothing was typed.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Plain,
    Help,
    Describe { task: Option<String>, json: bool },
    RunHelp { task: String },
    Run { task: String, inputs: Vec<(String, String)> },
    Inputs { task: String, inputs: Vec<(String, String)> },
    Outputs { task: String },
    Spec { task: String },
    Execute(Pod),
}

pub(super) fn parse(mut parser: Parser, program: &str) -> Result<Command, Fault> {
    let odd = |what: &str| Fault::usage(what, format!("see `{program} --help`"));
    let verb = match next(&mut parser, program)? {
        None => return Ok(Command::Plain),
        Some(Argument::Word(verb)) => verb,
        Some(Argument::Option(name)) if name == "--help" || name == "-h" => return Ok(Command::Help),
        Some(Argument::Option(name)) => return Err(odd(&format!("there is no option `{name}`"))),
    };
    match verb.as_str() {
        "help" => Ok(Command::Help),
        "run" => run(parser, program),
        "describe" => describe(parser, program),
        "execute" => execute(parser, program),
        "outputs" => named(parser, program).map(|task| Command::Outputs { task }),
        "spec" => named(parser, program).map(|task| Command::Spec { task }),
        "inputs" => match run(parser, program)? {
            Command::Run { task, inputs } => Ok(Command::Inputs { task, inputs }),
            help => Ok(help),
        },
        other => {
            let near = sealkit_names::nearest(other, ["run", "describe", "help"]);
            let hint = near
                .map_or_else(|| format!("see `{program} --help`"), |near| format!("did you mean `{near}`?"));
            Err(Fault::usage(format!("there is no command `{}`", shown(other)), hint))
        }
    }
}

fn run(mut parser: Parser, program: &str) -> Result<Command, Fault> {
    let hint = || format!("{program} run TASK [--INPUT VALUE ...]");
    let task = match next(&mut parser, program)? {
        Some(Argument::Word(task)) => task,
        Some(Argument::Option(name)) if name == "--help" || name == "-h" => return Ok(Command::Help),
        Some(Argument::Option(_)) | None => return Err(Fault::usage("name the task to run", hint())),
    };
    let mut inputs: Vec<(String, String)> = Vec::new();
    while let Some(argument) = next(&mut parser, program)? {
        let name = match argument {
            Argument::Option(name) if name == "--help" || name == "-h" => {
                return Ok(Command::RunHelp { task });
            }
            Argument::Option(name) => name,
            Argument::Word(_) => {
                return Err(Fault::usage("an input needs its name before its value", hint()));
            }
        };
        let Some(input) = name.strip_prefix("--") else {
            return Err(Fault::usage(format!("there is no option `{name}`"), hint()));
        };
        let value = parser.value().map_err(|_| {
            Fault::usage(format!("input `{input}` has no value"), format!("write `{name} VALUE`"))
        })?;
        inputs.push((input.to_owned(), text(value)?));
    }
    Ok(Command::Run { task, inputs })
}

/// The name of a task, and nothing else.
fn named(mut parser: Parser, program: &str) -> Result<String, Fault> {
    let odd = || Fault::usage("name one task", format!("see `{program} --help`"));
    match (next(&mut parser, program)?, next(&mut parser, program)?) {
        (Some(Argument::Word(task)), None) => Ok(task),
        _ => Err(odd()),
    }
}

fn describe(mut parser: Parser, program: &str) -> Result<Command, Fault> {
    let (mut task, mut json) = (None, false);
    while let Some(argument) = next(&mut parser, program)? {
        match argument {
            Argument::Option(name) if name == "--json" => json = true,
            Argument::Option(name) if name == "--help" || name == "-h" => return Ok(Command::Help),
            Argument::Word(name) if task.is_none() => task = Some(name),
            Argument::Word(word) | Argument::Option(word) => {
                let message = format!("`describe` does not know what to do with `{}`", shown(&word));
                return Err(Fault::usage(message, format!("{program} describe [TASK] [--json]")));
            }
        }
    }
    Ok(Command::Describe { task, json })
}

/// What Flyte tells a container; most of it the environment tells too, or a task does not need.
const IGNORED: [&str; 9] = [
    "version",
    "raw-data-path",
    "checkpoint-path",
    "prev-checkpoint",
    "run-start-time",
    "image-cache",
    "tgz",
    "dest",
    "resolver",
];

fn execute(mut parser: Parser, program: &str) -> Result<Command, Fault> {
    let hint = || format!("{program} execute --task NAME --inputs URI --outputs-path URI");
    let mut pod = Pod::default();
    let (mut run, mut action) = (String::new(), String::new());
    while let Some(argument) = next(&mut parser, program)? {
        let name = match argument {
            Argument::Option(name) if name == "--help" || name == "-h" => return Ok(Command::Help),
            Argument::Option(name) => name,
            Argument::Word(_) => return Err(Fault::usage("a pod takes options only", hint())),
        };
        let mut ignored = String::new();
        let field = match name.trim_start_matches('-') {
            "task" => &mut pod.task,
            "inputs" => &mut pod.inputs,
            "outputs-path" => &mut pod.outputs,
            "run-name" => &mut run,
            "name" => &mut action,
            other if IGNORED.contains(&other) => &mut ignored,
            _ => return Err(Fault::usage(format!("there is no option `{name}`"), hint())),
        };
        let value = parser.value().map_err(|_| Fault::usage(format!("`{name}` has no value"), hint()))?;
        *field = text(value)?;
        // What Flyte has left as it was means that it is absent, and so do two quotes.
        if field.starts_with("{{") || field == "\"\"" {
            field.clear();
        }
    }
    (pod.run, pod.action) =
        (Some(run).filter(|run| !run.is_empty()), Some(action).filter(|name| !name.is_empty()));
    let absent = [("--task", &pod.task), ("--inputs", &pod.inputs), ("--outputs-path", &pod.outputs)];
    match absent.iter().find(|(_, value)| value.is_empty()) {
        Some((name, _)) => Err(Fault::usage(format!("a pod needs `{name}`"), hint())),
        None => Ok(Command::Execute(pod)),
    }
}

enum Argument {
    /// With its dashes.
    Option(String),
    Word(String),
}

fn next(parser: &mut Parser, program: &str) -> Result<Option<Argument>, Fault> {
    match parser.next() {
        Ok(None) => Ok(None),
        Ok(Some(Arg::Short(letter))) => Ok(Some(Argument::Option(format!("-{letter}")))),
        Ok(Some(Arg::Long(name))) => Ok(Some(Argument::Option(format!("--{name}")))),
        Ok(Some(Arg::Value(word))) => text(word).map(|word| Some(Argument::Word(word))),
        // lexopt's own text would show the value.
        Err(lexopt::Error::UnexpectedValue { option, .. }) => {
            Err(Fault::usage(format!("`{option}` takes no value"), format!("see `{program} --help`")))
        }
        Err(_) => Err(Fault::usage("an argument is malformed", format!("see `{program} --help`"))),
    }
}

fn text(value: OsString) -> Result<String, Fault> {
    value.into_string().map_err(|_| Fault::usage("an argument is not UTF-8 text", "write it in UTF-8"))
}

fn shown(word: &str) -> String {
    word.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(Parser::from_args(line.split_whitespace()), "demo").map_err(|fault| fault.message)
    }

    #[test]
    fn commands_are_read() {
        assert_eq!(parsed(""), Ok(Command::Plain));
        assert_eq!(parsed("-h"), Ok(Command::Help));
        assert_eq!(
            parsed("describe --json t1"),
            Ok(Command::Describe { task: Some("t1".to_owned()), json: true })
        );
        assert_eq!(parsed("run t1 --help"), Ok(Command::RunHelp { task: "t1".to_owned() }));
        let inputs =
            [("n", "-5"), ("s", "--x"), ("e", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            parsed("run t1 --n -5 --s=--x --e="),
            Ok(Command::Run { task: "t1".to_owned(), inputs: inputs.to_vec() })
        );
    }

    #[test]
    fn a_pod_takes_what_flyte_writes() {
        let line = "execute --inputs s3://b/inputs.pb --outputs-path file:///o --version v1 --raw-data-path s3://b/raw \
                    --checkpoint-path s3://b/c --prev-checkpoint \"\" --run-name {{.runName}} --name a0 \
                    --run-start-time 2026-01-02T03:04:05Z --task all.types";
        let pod = Pod {
            task: "all.types".to_owned(),
            inputs: "s3://b/inputs.pb".to_owned(),
            outputs: "file:///o".to_owned(),
            run: None,
            action: Some("a0".to_owned()),
        };
        assert_eq!(parsed(line), Ok(Command::Execute(pod)));
        // As a template says it, and as Flyte does before the first attempt.
        let line =
            "execute --task t --inputs /i --outputs-path /o --run-name r1 --name {{.actionName}} --name \"\"";
        let Ok(Command::Execute(pod)) = parsed(line) else { unreachable!() };
        assert_eq!((pod.run.as_deref(), pod.action), (Some("r1"), None));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, expected) in [
            ("rnu", "there is no command `rnu`"),
            ("--json", "there is no option `--json`"),
            ("run", "name the task to run"),
            ("run --n 5", "name the task to run"),
            ("run t1 5", "an input needs its name before its value"),
            ("run t1 --n", "input `n` has no value"),
            ("run t1 -n 5", "there is no option `-n`"),
            ("describe t1 t2", "`describe` does not know what to do with `t2`"),
            ("execute --task t1 --inputs /i", "a pod needs `--outputs-path`"),
            ("execute --task t1 --inputs {{.input}} --outputs-path /o", "a pod needs `--inputs`"),
            ("execute --task", "`--task` has no value"),
            ("execute --tusk t1", "there is no option `--tusk`"),
            ("execute t1", "a pod takes options only"),
            ("describe --json=yes", "`--json` takes no value"),
        ] {
            assert_eq!(parsed(line), Err(expected.to_owned()), "{line}");
        }
    }
}
