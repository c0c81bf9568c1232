//! The arguments of the program.

use std::ffi::{OsStr, OsString};

use lexopt::{Arg, Parser};
use sealkit_protocol::query;

use super::{ProgramError, pod::Pod};

/// A command; [`Default`](Self::Default) stands for no arguments.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Default,
    Help,
    Describe {
        task: Option<String>,
        json: bool,
    },
    TaskHelp {
        task: String,
    },
    Run {
        task: String,
        inputs: Vec<(String, String)>,
    },
    Inputs {
        task: String,
        inputs: Vec<(String, String)>,
    },
    Outputs {
        task: String,
    },
    Spec {
        task: String,
    },
    DescribeInterface {
        task: Option<String>,
    },
    Execute(Pod),
    /// Answers a query of the `sealkit` command.
    Answer,
}

/// Parses the arguments; `is_flag` says whether an input of a task may have no value, or `None` if there is no such input.
pub(super) fn parse(
    mut parser: Parser,
    program: &str,
    is_flag: &dyn Fn(&str, &str) -> Option<bool>,
) -> Result<Command, ProgramError> {
    let command = match next(&mut parser, program)? {
        None => return Ok(Command::Default),
        Some(Argument::Word(command)) => command,
        Some(Argument::Option(name)) if is_help(&name) => return Ok(Command::Help),
        Some(Argument::Option(name)) => return Err(unknown_option(&name, see_help(program))),
    };
    match command.as_str() {
        "help" => help(parser, program),
        "run" => run(parser, program, is_flag),
        "describe" => describe(parser, program),
        "describe-interface" => describe_interface(parser, program),
        command if Pod::is_command(command) => Ok(Command::Execute(Pod::parse(parser))),
        "outputs" => task_name(parser, program).map(|task| Command::Outputs { task }),
        "spec" => task_name(parser, program).map(|task| Command::Spec { task }),
        query::COMMAND => Ok(Command::Answer),
        "inputs" => match run(parser, program, is_flag)? {
            Command::Run { task, inputs } => Ok(Command::Inputs { task, inputs }),
            help => Ok(help),
        },
        // The image has an entrypoint, which gets the path of the program as its first argument.
        _ if next_is_pod(&mut parser) => Ok(Command::Execute(Pod::parse(parser))),
        other => {
            let near = sealkit_names::nearest(other, ["run", "describe", "help"]);
            let hint = near.map_or_else(|| see_help(program), |near| format!("did you mean `{near}`?"));
            Err(ProgramError::usage(format!("unknown command `{}`", sealkit_names::escape(other)), hint))
        }
    }
}

fn run(
    mut parser: Parser,
    program: &str,
    is_flag: &dyn Fn(&str, &str) -> Option<bool>,
) -> Result<Command, ProgramError> {
    let usage = || format!("usage: {program} run TASK [--INPUT VALUE ...]");
    let task = match next(&mut parser, program)? {
        Some(Argument::Word(task)) => task,
        Some(Argument::Option(name)) if is_help(&name) => return Ok(Command::Help),
        Some(Argument::Option(_)) | None => {
            let hint = format!("{}; list the tasks: {program} --help", usage());
            return Err(ProgramError::usage("the name of the task is missing", hint));
        }
    };
    let command = format!("{program} run");
    Ok(match inputs(parser, &task, &command, is_flag)? {
        Some(inputs) => Command::Run { task, inputs },
        None => Command::TaskHelp { task },
    })
}

/// Parses the inputs of a task; `command` runs the task. Returns `None` if one of the arguments is `--help`.
pub(super) fn inputs(
    mut parser: Parser,
    task: &str,
    command: &str,
    is_flag: &dyn Fn(&str, &str) -> Option<bool>,
) -> Result<Option<Vec<(String, String)>>, ProgramError> {
    let usage = || format!("usage: {command} TASK [--INPUT VALUE ...]");
    let mut inputs: Vec<(String, String)> = Vec::new();
    while let Some(argument) = next(&mut parser, command)? {
        let name = match argument {
            Argument::Option(name) if is_help(&name) => return Ok(None),
            Argument::Option(name) => name,
            Argument::Word(_) => {
                return Err(ProgramError::usage(
                    "expected `--INPUT VALUE`, found a value without `--INPUT`",
                    usage(),
                ));
            }
        };
        let Some(input) = name.strip_prefix("--") else { return Err(unknown_option(&name, usage())) };
        let value = match is_flag(task, input) {
            Some(true) => flag(&mut parser),
            Some(false) => parser.value().map_err(|_| {
                ProgramError::usage(format!("input `{input}` has no value"), format!("write `{name} VALUE`"))
            })?,
            // Without a value, too, the error is that it is unknown.
            None => parser.value().unwrap_or_default(),
        };
        inputs.push((input.to_owned(), text(value)?));
    }
    Ok(Some(inputs))
}

/// Returns the value of a boolean input: `true` if it has none.
fn flag(parser: &mut Parser) -> OsString {
    if let Some(value) = parser.optional_value() {
        return value;
    }
    let following = parser.try_raw_args().and_then(|mut arguments| {
        arguments.next_if(|argument| !argument.as_encoded_bytes().starts_with(b"-"))
    });
    following.unwrap_or_else(|| "true".into())
}

/// Parses `help [TASK]`.
fn help(mut parser: Parser, program: &str) -> Result<Command, ProgramError> {
    let mut task = None;
    while let Some(argument) = next(&mut parser, program)? {
        match argument {
            Argument::Word(word) if task.is_none() => task = Some(word),
            Argument::Word(word) => {
                let message = format!("unexpected argument `{}`", sealkit_names::escape(&word));
                return Err(ProgramError::usage(message, format!("usage: {program} help [TASK]")));
            }
            Argument::Option(name) if is_help(&name) => {}
            Argument::Option(name) => return Err(unknown_option(&name, see_help(program))),
        }
    }
    Ok(task.map_or(Command::Help, |task| Command::TaskHelp { task }))
}

/// Parses the name of a task and expects nothing else.
fn task_name(mut parser: Parser, program: &str) -> Result<String, ProgramError> {
    match (next(&mut parser, program)?, next(&mut parser, program)?) {
        (Some(Argument::Word(task)), None) => Ok(task),
        _ => Err(ProgramError::usage("expected the name of one task", see_help(program))),
    }
}

fn describe(mut parser: Parser, program: &str) -> Result<Command, ProgramError> {
    let (mut task, mut json) = (None, false);
    while let Some(argument) = next(&mut parser, program)? {
        match argument {
            Argument::Option(name) if name == "--json" => json = true,
            Argument::Option(name) if is_help(&name) => return Ok(Command::Help),
            Argument::Word(name) if task.is_none() => task = Some(name),
            Argument::Word(word) | Argument::Option(word) => {
                let message = format!("unexpected argument `{}`", sealkit_names::escape(&word));
                let usage = format!("usage: {program} describe [TASK] [--json]");
                return Err(ProgramError::usage(message, usage));
            }
        }
    }
    Ok(Command::Describe { task, json })
}

fn describe_interface(mut parser: Parser, program: &str) -> Result<Command, ProgramError> {
    match (next(&mut parser, program)?, next(&mut parser, program)?) {
        (None, _) => Ok(Command::DescribeInterface { task: None }),
        (Some(Argument::Word(task)), None) => Ok(Command::DescribeInterface { task: Some(task) }),
        (Some(Argument::Option(name)), _) if is_help(&name) => Ok(Command::Help),
        _ => {
            let usage = format!("usage: {program} describe-interface [TASK]");
            Err(ProgramError::usage("expected the name of at most one task", usage))
        }
    }
}

/// Returns whether the command runs a task as a pod: `execute`, or `a0` as in the official SDKs.
fn next_is_pod(parser: &mut Parser) -> bool {
    let command = |argument: &OsStr| argument.to_str().is_some_and(Pod::is_command);
    parser.try_raw_args().is_some_and(|mut arguments| arguments.next_if(command).is_some())
}

enum Argument {
    /// An option, with its dashes.
    Option(String),
    Word(String),
}

fn next(parser: &mut Parser, program: &str) -> Result<Option<Argument>, ProgramError> {
    match parser.next() {
        Ok(None) => Ok(None),
        Ok(Some(Arg::Short(letter))) => Ok(Some(Argument::Option(format!("-{letter}")))),
        Ok(Some(Arg::Long(name))) => Ok(Some(Argument::Option(format!("--{name}")))),
        Ok(Some(Arg::Value(word))) => text(word).map(|word| Some(Argument::Word(word))),
        // lexopt's own message contains the value.
        Err(lexopt::Error::UnexpectedValue { option, .. }) => {
            Err(ProgramError::usage(format!("option `{option}` accepts no value"), see_help(program)))
        }
        Err(_) => Err(ProgramError::usage("an argument is malformed", see_help(program))),
    }
}

fn is_help(option: &str) -> bool {
    option == "--help" || option == "-h"
}

fn text(value: OsString) -> Result<String, ProgramError> {
    let not_utf8 = |_| ProgramError::usage("an argument is not UTF-8 text", "write it in UTF-8");
    value.into_string().map_err(not_utf8)
}

fn unknown_option(name: &str, hint: String) -> ProgramError {
    ProgramError::usage(format!("unknown option `{}`", sealkit_names::escape(name)), hint)
}

fn see_help(program: &str) -> String {
    format!("see `{program} --help`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        let is_flag = |_: &str, input: &str| Some(input == "flag");
        parse(Parser::from_args(line.split_whitespace()), "demo", &is_flag)
            .map_err(|error| error.problem.message)
    }

    #[test]
    fn commands_are_parsed() {
        assert_eq!(parsed(""), Ok(Command::Default));
        assert_eq!(parsed("-h"), Ok(Command::Help));
        assert_eq!(
            parsed("describe --json t1"),
            Ok(Command::Describe { task: Some("t1".to_owned()), json: true })
        );
        for line in ["run t1 --help", "help t1", "help t1 -h"] {
            assert_eq!(parsed(line), Ok(Command::TaskHelp { task: "t1".to_owned() }), "{line}");
        }
        assert_eq!(parsed("help"), Ok(Command::Help));
        for (line, task) in [("describe-interface", None), ("describe-interface t1", Some("t1".to_owned()))] {
            assert_eq!(parsed(line), Ok(Command::DescribeInterface { task }), "{line}");
        }
        let inputs =
            [("n", "-5"), ("s", "--x"), ("e", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            parsed("run t1 --n -5 --s=--x --e="),
            Ok(Command::Run { task: "t1".to_owned(), inputs: inputs.to_vec() })
        );
    }

    #[test]
    fn a_flag_without_a_value_is_true() {
        for (line, values) in [
            ("run t1 --flag", &[("flag", "true")][..]),
            ("run t1 --flag false", &[("flag", "false")]),
            ("run t1 --flag=false", &[("flag", "false")]),
            ("run t1 --flag maybe", &[("flag", "maybe")]),
            ("run t1 --flag --n 5", &[("flag", "true"), ("n", "5")]),
            ("run t1 --n --flag --flag", &[("n", "--flag"), ("flag", "true")]),
        ] {
            let inputs =
                values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(parsed(line), Ok(Command::Run { task: "t1".to_owned(), inputs }), "{line}");
        }
    }

    #[test]
    fn a_pod_is_started_by_sealkit_and_by_the_official_sdks_and_below_an_entrypoint() {
        for line in ["execute", "a0", "/usr/local/bin/demo execute", "/usr/local/bin/demo a0"] {
            let command = parsed(&format!("{line} --task t1 --inputs /i --outputs-path /o"));
            assert!(matches!(command, Ok(Command::Execute(_))), "{line}: {command:?}");
        }
    }

    #[test]
    fn errors_name_the_argument() {
        for (line, expected) in [
            ("rnu", "unknown command `rnu`"),
            ("--json", "unknown option `--json`"),
            ("run", "the name of the task is missing"),
            ("run --n 5", "the name of the task is missing"),
            ("run t1 5", "expected `--INPUT VALUE`, found a value without `--INPUT`"),
            ("run t1 --n", "input `n` has no value"),
            ("run t1 -n 5", "unknown option `-n`"),
            ("describe t1 t2", "unexpected argument `t2`"),
            ("help t1 t2", "unexpected argument `t2`"),
            ("other a1 execute", "unknown command `other`"),
            ("describe-interface t1 t2", "expected the name of at most one task"),
            ("describe-interface --json", "expected the name of at most one task"),
            ("describe --json=yes", "option `--json` accepts no value"),
        ] {
            assert_eq!(parsed(line), Err(expected.to_owned()), "{line}");
        }
    }
}
