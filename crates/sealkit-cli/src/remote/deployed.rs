//! `run --remote --deployed`: run a task that is deployed, without its program.

use std::{ffi::OsString, fmt::Write as _, fs};

use lexopt::{Arg, Parser};
use sealkit_idl::{
    core::{LiteralType, VariableEntry},
    task::{Inputs, NamedLiteral, Outputs},
};
use sealkit_remote::{RunId, TaskDefinition, is_boolean, is_optional, literals_to_json, sanitize, type_name};

use super::{
    Cluster, input_files, literal::from_text as literal_from_text, run as remote_run,
    secret_check::check_deployed,
};
use crate::{arguments::Run, error::CommandError, inputs_file, run::misplaced_option, terminal};

/// The hint for an option of the command among the inputs.
const OPTIONS_FIRST: &str = "write options of the run before `--deployed`, inputs after the name";

pub(super) fn run(args: &Run, cluster: &Cluster, scope: (&str, &str)) -> Result<(), CommandError> {
    let (project, domain) = scope;
    let task = Deployed {
        definition: cluster.wait(cluster.client.deployed_task(project, domain, &args.target.target))?,
        command: command(args),
    };
    if args.task.iter().any(|argument| argument == "--help" || argument == "-h") {
        return terminal::print(&task.help());
    }
    let mut arguments =
        args.inputs_file.as_deref().map(inputs_file::arguments).transpose()?.unwrap_or_default();
    arguments.extend_from_slice(&args.task);
    let mut inputs = task.inputs(arguments)?;
    if !args.skip_check {
        check_deployed(cluster, &task.definition, project, domain)?;
    }
    // An error before files are uploaded.
    task.definition.inputs(inputs.clone()).map_err(|error| task.see_help(error.to_string()))?;
    input_files::upload(cluster, &mut inputs, scope)?;
    let run = RunId::random(project, domain)?;
    cluster.wait(cluster.client.run_deployed(&run, &task.definition, inputs))?;
    remote_run::finish(args, cluster, &run, &task.name(), || {}, |outputs| Ok(json(outputs)))
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

/// Returns the outputs as a line of JSON: the value of the only output, or an object.
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
    fn variables(&self, of: Side) -> Vec<&VariableEntry> {
        let template = self.definition.spec.task_template.as_ref();
        let interface = template.and_then(|template| template.interface.as_ref());
        let map = interface.and_then(|interface| match of {
            Side::Input => interface.inputs.as_ref(),
            Side::Output => interface.outputs.as_ref(),
        });
        map.into_iter().flat_map(|map| &map.variables).collect()
    }

    /// Returns the input that is called `name` on the command line, where `--max-rows` means `max_rows`.
    fn find(&self, name: &str) -> Option<(&str, &LiteralType)> {
        let inputs = self.variables(Side::Input).into_iter();
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
        Ok(Inputs { literals })
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
        let names: Vec<&str> = self.variables(Side::Input).iter().map(|input| &*input.key).collect();
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

    /// Returns the help of the task.
    fn help(&self) -> String {
        let mut text = String::new();
        if let Some(docs) = &self.definition.spec.documentation {
            let docs = if docs.long_description.is_empty() {
                &docs.short_description
            } else {
                &docs.long_description
            };
            let lines: Vec<String> = docs.trim().lines().map(sanitize).collect();
            if !lines.is_empty() {
                let _ = writeln!(text, "{}\n", lines.join("\n"));
            }
        }
        let mut inputs: Vec<Input> =
            self.variables(Side::Input).into_iter().map(|input| self.input(input)).collect();
        inputs.sort_by_key(|input| input.is_optional);
        let _ = write!(text, "Usage: {}", self.command);
        for Input { option, is_optional, .. } in &inputs {
            let _ = if *is_optional { write!(text, " [{option}]") } else { write!(text, " {option}") };
        }
        text.push('\n');
        let width = inputs.iter().map(|input| input.option.len()).max().unwrap_or_default();
        let lines = inputs.iter().map(|Input { option, text, .. }| format!("{option:width$}  {text}"));
        section(&mut text, "Inputs", lines);
        let outputs = self.variables(Side::Output);
        section(
            &mut text,
            "Output",
            outputs.iter().map(|output| match (&*output.key, outputs.len()) {
                ("o0", 1) => of(output),
                (name, _) => format!("{}: {}", sanitize(name), of(output)),
            }),
        );
        section(
            &mut text,
            "Secrets",
            self.definition.secrets().map(|secret| match &*secret.group {
                "" => sanitize(&secret.key),
                group => sanitize(&format!("{group}/{}", secret.key)),
            }),
        );
        text
    }

    fn input(&self, input: &VariableEntry) -> Input {
        let name = sanitize(&input.key);
        let is_flag = input.value.as_ref().and_then(|value| value.r#type.as_ref()).is_some_and(is_boolean);
        let value = name.to_uppercase();
        let mut text = of(input);
        let default = self.definition.spec.default_inputs.iter().find(|default| default.name == input.key);
        let default = default.and_then(|default| default.parameter.clone()?.default);
        let of_input = input.value.as_ref().and_then(|value| value.r#type.as_ref());
        let is_optional = default.is_some() || of_input.is_some_and(is_optional);
        let named = default.map(|default| NamedLiteral { name: String::new(), value: Some(default) });
        let shown = literals_to_json(named.into_iter().collect()).remove("").unwrap_or_default();
        if !shown.is_null() {
            let _ = write!(text, ", default {}", sanitize(&shown.to_string()));
        }
        let docs = input.value.as_ref().and_then(|value| value.description.lines().next());
        if let Some(docs) = docs.filter(|docs| !docs.is_empty()) {
            let _ = write!(text, ": {}", sanitize(docs.trim()));
        }
        let option = if is_flag { format!("--{name} [{value}]") } else { format!("--{name} {value}") };
        Input { option, text, is_optional }
    }
}

/// Whether a variable is an input or an output.
#[derive(Clone, Copy)]
enum Side {
    Input,
    Output,
}

/// An input in the help.
struct Input {
    option: String,
    /// The type, the default and the documentation.
    text: String,
    is_optional: bool,
}

/// Returns the name of the type of an input or output.
fn of(variable: &VariableEntry) -> String {
    let of = variable.value.as_ref().and_then(|value| value.r#type.as_ref());
    of.map_or_else(|| type_name(&LiteralType::default()), type_name)
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title}:\n  {}", lines.join("\n  "));
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
                format!(
                    "cannot read the file `{}`: {}",
                    sealkit_names::escape(path),
                    sealkit_names::io_reason(&error)
                )
            })?;
            // A file of a number or of JSON ends with a line break.
            Ok(if type_name(of) == "string" { content } else { content.trim().to_owned() })
        }
        None => Ok(text),
    }
}
