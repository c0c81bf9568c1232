//! `run --remote --deployed`: run a task that is deployed, without its program.

mod help;

use std::{ffi::OsString, fmt::Write as _, fs, io};

use lexopt::{Arg, Parser};
use sealkit_idl::{
    core::LiteralType,
    task::{Inputs, NamedLiteral, Outputs},
};
use sealkit_program::{Program, Task};
use sealkit_remote::{RunId, TaskDefinition, is_boolean, is_string, literals_to_json, sanitize};

use super::{
    Cluster, input_files, literal::from_text as literal_from_text, run as remote_run,
    secret_check::check_deployed,
};
use crate::{
    arguments::{ImageArguments, Run},
    error::CommandError,
    inputs_file,
    run::misplaced_option,
    terminal,
};

/// The hint for an option of the command among the inputs.
const OPTIONS_FIRST: &str = "write options of the run before `--deployed`, inputs after the name";

pub(super) fn run(args: &Run, cluster: &Cluster, scope: (&str, &str)) -> Result<(), CommandError> {
    let (project, domain) = scope;
    let task = Deployed {
        definition: cluster.wait(cluster.client.deployed_task(project, domain, &args.target.target))?,
        command: command(args),
    };
    if args.task.iter().any(|argument| argument == "--help" || argument == "-h") {
        return terminal::print(&help::of(&task.definition, &task.command));
    }
    let mut arguments =
        args.inputs_file.as_deref().map(inputs_file::arguments).transpose()?.unwrap_or_default();
    arguments.extend_from_slice(&args.task);
    let complete = |inputs| task.definition.inputs(inputs).map_err(|error| task.see_help(error.to_string()));
    let run = start(args, cluster, scope, &task.definition, task.inputs(arguments)?, complete)?;
    remote_run::finish(args, cluster, &run, &task.name(), || {}, |outputs| Ok(json(outputs)))
}

/// Runs the deployed task that a task of a program refers to.
pub(super) fn run_reference(
    args: &Run,
    cluster: &Cluster,
    scope: (&str, &str),
    (program, task, reference): (&Program, &Task, &str),
    inputs: Inputs,
) -> Result<(), CommandError> {
    require_no_settings(args, &task.name)?;
    let definition = &cluster.wait(cluster.client.deployed_task(scope.0, scope.1, reference))?;
    let interface =
        program.spec(task)?.task_template.and_then(|template| template.interface).unwrap_or_default();
    let complete = |inputs| Ok(definition.inputs_of(&interface, inputs)?);
    let run = start(args, cluster, scope, definition, inputs, complete)?;
    let display = |outputs| Ok(program.outputs(task, outputs)?);
    remote_run::finish(args, cluster, &run, &task.name, || program.disconnect(), display)
}

/// Starts a run of a deployed task. `complete` checks the inputs, and adds those that are not given.
fn start(
    args: &Run,
    cluster: &Cluster,
    scope: (&str, &str),
    task: &TaskDefinition,
    mut inputs: Inputs,
    complete: impl Fn(Inputs) -> Result<Inputs, CommandError>,
) -> Result<RunId, CommandError> {
    let (project, domain) = scope;
    if !args.skip_check {
        check_deployed(cluster, task, project, domain)?;
    }
    // Fails before files are uploaded. Defaults are added after the upload: they may be paths on another machine.
    complete(inputs.clone())?;
    input_files::upload(cluster, &mut inputs, scope)?;
    let run = RunId::random(project, domain)?;
    cluster.wait(cluster.client.run_deployed(&run, task, complete(inputs)?))?;
    Ok(run)
}

/// Checks that there are no settings of the pods: a deployed task has its own.
fn require_no_settings(args: &Run, task: &str) -> Result<(), CommandError> {
    let ImageArguments { version, cpu, memory, gpu, .. } = &args.image;
    let options = [
        ("env", !args.env.is_empty()),
        ("no-cache", args.no_cache),
        ("version", version.is_some()),
        ("cpu", cpu.is_some()),
        ("memory", memory.is_some()),
        ("gpu", gpu.is_some()),
    ];
    match options.into_iter().find(|(_, is_set)| *is_set) {
        Some((option, _)) => Err(CommandError::usage(format!(
            "`--{option}` cannot be set for task `{task}`: it is deployed, with settings of its own"
        ))),
        None => Ok(()),
    }
}

/// Returns the command that runs the task, without inputs.
fn command(args: &Run) -> String {
    let mut command = "sealkit run --remote".to_owned();
    for (option, value) in [("-p", &args.project), ("-d", &args.domain)] {
        if let Some(value) = value {
            let _ = write!(command, " {option} {value}");
        }
    }
    format!("{command} --deployed {}", args.target.target)
}

/// Returns the outputs as a line of JSON: the value of `o0` if it is the only one, `null` for none, and otherwise an object.
fn json(outputs: Outputs) -> String {
    let mut outputs = literals_to_json(outputs.literals);
    let only = match outputs.len() {
        0 => Some(serde_json::Value::Null),
        1 => outputs.remove("o0"),
        _ => None,
    };
    let json = only.unwrap_or(serde_json::Value::Object(outputs));
    format!("{json}\n")
}

/// A deployed task on the command line.
struct Deployed {
    definition: TaskDefinition,
    /// The command that runs it.
    command: String,
}

impl Deployed {
    /// Returns the input that is called `name` on the command line, where `--max-rows` means `max_rows`.
    fn find(&self, name: &str) -> Option<(&str, &LiteralType)> {
        let inputs = self.definition.input_variables().iter();
        let mut same = inputs.filter(|input| input.key == name || input.key == name.replace('-', "_"));
        same.find_map(|input| Some((&*input.key, input.value.as_ref()?.r#type.as_ref()?)))
    }

    /// Parses the inputs of the command line.
    fn inputs(&self, arguments: Vec<OsString>) -> Result<Inputs, CommandError> {
        let mut parser = Parser::from_args(arguments);
        let mut literals: Vec<NamedLiteral> = Vec::new();
        while let Some(argument) = parser.next().map_err(|error| self.see_help(error.to_string()))? {
            let name = match argument {
                Arg::Long(name) => name.to_owned(),
                Arg::Short(option) => {
                    let message = format!("`-{option}` is no input of task `{}`", self.name());
                    return Err(CommandError::usage(message).with_hint(OPTIONS_FIRST));
                }
                Arg::Value(_) => return Err(self.see_help("expected `--INPUT VALUE`".to_owned())),
            };
            let (name, of) = self.find(&name).ok_or_else(|| self.unknown(&name))?;
            if literals.iter().any(|literal| literal.name == name) {
                return Err(self.see_help(format!("input `{}` is given more than once", sanitize(name))));
            }
            let wrong = |error: String| self.see_help(format!("input `{}`: {error}", sanitize(name)));
            let text = value(&mut parser, of).map_err(wrong)?;
            let value = Some(literal_from_text(of, &text).map_err(wrong)?);
            literals.push(NamedLiteral { name: name.to_owned(), value });
        }
        Ok(literals.into())
    }

    fn name(&self) -> String {
        sanitize(&self.definition.id.name)
    }

    fn unknown(&self, name: &str) -> CommandError {
        let option = format!("--{name}");
        if let Some(error) = misplaced_option(&self.name(), |_| false, &[option.into()]) {
            return error.with_hint(OPTIONS_FIRST);
        }
        let message = format!("unknown input `{}` of task `{}`", sealkit_names::escape(name), self.name());
        let names = self.definition.input_variables().iter().map(|input| &*input.key);
        match sealkit_names::nearest(&name.replace('-', "_"), names) {
            Some(near) => {
                CommandError::usage(message).with_hint(format!("did you mean `--{}`?", sanitize(near)))
            }
            None => self.see_help(message),
        }
    }

    fn see_help(&self, message: String) -> CommandError {
        CommandError::usage(message).with_hint(format!("see `{} --help`", self.command))
    }
}

/// Returns the value of an input. That of a boolean one can be left out, and `@FILE` is the content of a file.
fn value(parser: &mut Parser, of: &LiteralType) -> Result<String, String> {
    let value = if is_boolean(of) {
        let following = |parser: &mut Parser| {
            let mut arguments = parser.try_raw_args()?;
            arguments.next_if(|argument| !argument.as_encoded_bytes().starts_with(b"-"))
        };
        parser.optional_value().or_else(|| following(parser)).unwrap_or_else(|| "true".into())
    } else {
        parser.value().map_err(|_| "it has no value".to_owned())?
    };
    let text = value.into_string().map_err(|_| "the value is not UTF-8 text".to_owned())?;
    match text.strip_prefix('@') {
        Some(escaped) if escaped.starts_with('@') => Ok(escaped.to_owned()),
        Some(path) => {
            let content = fs::read_to_string(path).map_err(|error| {
                let reason = match error.kind() {
                    io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
                    _ => sealkit_names::io_reason(&error),
                };
                format!("cannot read the file `{}`: {reason}", sealkit_names::escape(path))
            })?;
            // A file of a number or of JSON ends with a line break.
            Ok(if is_string(of) { content } else { content.trim().to_owned() })
        }
        None => Ok(text),
    }
}
