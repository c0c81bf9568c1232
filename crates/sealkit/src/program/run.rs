//! Runs a task in this process, and converts its inputs and outputs.

use std::{
    fs,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use sealkit_idl::{
    prost::Message as _,
    task::{Inputs, NamedLiteral, Outputs},
};
use sealkit_protocol::{Code, Problem};

use super::{ProgramError, input_files, panics::panicked};
use crate::{
    Session, StructType, TaskMetadata, Type, Value, ValueError, Variable,
    invoke::InvokeError,
    literal::{from_outputs, to_literal},
    task_type::Members,
};

/// Runs a task and returns its output as a line of JSON.
pub(super) fn run(
    session: &Session,
    command: &str,
    task: &'static TaskMetadata,
    arguments: Vec<(String, String)>,
) -> Result<String, ProgramError> {
    let inputs = Members::new(parse_inputs(command, task, arguments)?);
    let name = task.name();
    let outcome = session.run(|| catch_unwind(AssertUnwindSafe(|| task.invoke()(inputs))));
    match outcome {
        Ok(Ok(output)) => {
            let output = serde_json::to_string(&output.unwrap_or(Value::None));
            output.map(|json| json + "\n").map_err(|error| output_error(name, &error))
        }
        Ok(Err(InvokeError::Task(problem))) => Err(ProgramError::task(problem.of_task(name))),
        Ok(Err(InvokeError::Output(error))) => Err(output_error(name, &error)),
        Ok(Err(InvokeError::Input(error))) => Err(input_error(command, task, &error)),
        Err(panic) => Err(ProgramError::task(panicked(name, &*panic))),
    }
}

/// Converts command-line inputs to Flyte's `task.Inputs`.
pub(super) fn to_inputs(
    command: &str,
    task: &'static TaskMetadata,
    arguments: Vec<(String, String)>,
) -> Result<Inputs, ProgramError> {
    let literal = |(name, value): (String, Value)| {
        let r#type = find_input(task, &name).map_or(Type::None, |input| input.r#type);
        let value = value.of_type(r#type).and_then(|value| to_literal(r#type, &value));
        let value = Some(value.map_err(|error| input_error(command, task, &error.at(&name)))?);
        Ok(NamedLiteral { name, value })
    };
    let mut values = parse_inputs(command, task, arguments)?;
    // A cluster does not add the defaults of all calls.
    let mut defaults = Vec::new();
    for input in task.interface().inputs {
        let is_given = values.iter().any(|(name, _)| name == input.name);
        if let (false, Some(default)) = (is_given, input.value_if_absent()) {
            let value = default.map_err(|error| input_error(command, task, &error))?;
            defaults.push((input.name.to_owned(), value));
        }
    }
    if let Some(error) = task.check_inputs(defaults.clone()).pop() {
        return Err(input_error(command, task, &error.of_default()));
    }
    values.extend(defaults);
    // The order is part of the cache key of a cluster.
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    let literals = values.into_iter().map(literal).collect::<Result<Vec<_>, ProgramError>>()?;
    Ok(literals.into())
}

/// Reads Flyte's `task.Outputs`.
pub(super) fn read_outputs(task: &TaskMetadata, mut from: impl Read) -> Result<Outputs, ProgramError> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(|error| output_error(task.name(), &error))?;
    Outputs::decode(&*bytes).map_err(|_| output_error(task.name(), &"malformed"))
}

/// Returns the output of `task` in `outputs` as a line of JSON.
pub(super) fn output_json(task: &TaskMetadata, outputs: Outputs) -> Result<String, ProgramError> {
    let name = task.name();
    let value = from_outputs(task.interface().outputs, outputs.literals)
        .map_err(|error| output_error(name, &error))?;
    let json = serde_json::to_string(&value).map_err(|error| output_error(name, &error))?;
    Ok(json + "\n")
}

/// Returns the input that is called `name` on the command line, where `--max-rows` means `max_rows`.
pub(super) fn find_input(task: &TaskMetadata, name: &str) -> Option<&'static Variable> {
    let name = name.replace('-', "_");
    task.interface().inputs.iter().find(|input| input.name == name)
}

/// Parses command-line inputs as values of the declared types. Reports the errors of all inputs at once, one for each.
fn parse_inputs(
    command: &str,
    task: &TaskMetadata,
    arguments: Vec<(String, String)>,
) -> Result<Vec<(String, Value)>, ProgramError> {
    let mut values: Vec<(String, Value)> = Vec::new();
    let (mut errors, mut meant, mut present) = (Vec::new(), Vec::new(), Vec::new());
    for (name, text) in arguments {
        let Some(input) = find_input(task, &name) else {
            // One mistake is one error: the input that was meant is not missing.
            meant.extend(near_input(task, &name));
            errors.push(unknown_input(command, task, &name));
            continue;
        };
        if present.contains(&input.name) {
            let message = format!("input `{}` is given more than once", input.name);
            errors.push(ProgramError::usage(message, see_help(command, task)));
            continue;
        }
        // An input with an error is not missing.
        present.push(input.name);
        match parse_input(command, task, input, text) {
            Ok(value) => values.push((input.name.to_owned(), value)),
            Err(error) => errors.push(error),
        }
    }
    let malformed = task.check_inputs(values.clone());
    errors.extend(malformed.iter().map(|error| input_error(command, task, error)));
    let inputs = task.interface().inputs.iter();
    let missing: Vec<String> = inputs
        .filter(|input| !input.is_optional() && !meant.contains(&input.name))
        .filter(|input| !present.contains(&input.name))
        .map(|input| format!("`--{}` ({})", input.name, input.r#type))
        .collect();
    if !missing.is_empty() {
        let message = format!("missing inputs of task `{}`: {}", task.name(), missing.join(", "));
        errors.push(ProgramError::usage(message, see_help(command, task)));
    }
    if errors.len() > 1 {
        let messages = errors.iter().map(|error| format!("\n  {}", error.problem.message));
        let message = format!("{} errors in the inputs of task `{}`:", errors.len(), task.name());
        let help = see_help(command, task);
        let mut hints = errors.iter().filter_map(|error| error.problem.hint.clone());
        let hint = hints.find(|hint| *hint != help).unwrap_or(help);
        return Err(ProgramError::usage(messages.fold(message, |all, next| all + &next), hint));
    }
    errors.pop().map_or(Ok(values), Err)
}

/// Parses the value of an input.
fn parse_input(
    command: &str,
    task: &TaskMetadata,
    input: &Variable,
    text: String,
) -> Result<Value, ProgramError> {
    let is_text = matches!(input.r#type, Type::String | Type::Optional(Type::String));
    let text = match text.strip_prefix('@') {
        Some(escaped) if escaped.starts_with('@') => escaped.to_owned(),
        Some(path) if is_text => read_file(task, input, path)?,
        // A file of a number or of JSON ends with a line break.
        Some(path) => read_file(task, input, path)?.trim().to_owned(),
        None => text,
    };
    let value = Value::parse(input.r#type, &text)
        .map_err(|error| input_error(command, task, &error.at(input.name)))?;
    check_fields(command, task, input.name, input.r#type, &value)?;
    input_files::with_absolute_paths(input.r#type, value)
        .map_err(|error| input_error(command, task, &error.at(input.name)))
}

/// Reads the file of an input that is written `@FILE`.
fn read_file(task: &TaskMetadata, input: &Variable, path: &str) -> Result<String, ProgramError> {
    fs::read_to_string(path).map_err(|error| {
        let (path, name, task) = (sealkit_names::escape(path), input.name, task.name());
        let reason = match error.kind() {
            io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            _ => sealkit_names::io_reason(&error),
        };
        let message = format!("cannot read the file `{path}` of input `{name}` of task `{task}`: {reason}");
        ProgramError::usage(message, format!("for text that begins with `@`, write `--{name} @@…`"))
    })
}

/// Returns an error if a struct in `value` has a field that its type does not have; `path` is the path of the value.
fn check_fields(
    command: &str,
    task: &TaskMetadata,
    path: &str,
    r#type: Type,
    value: &Value,
) -> Result<(), ProgramError> {
    let check = |part: &str, r#type: Type, value: &Value| {
        check_fields(command, task, &format!("{path}.{part}"), r#type, value)
    };
    match (r#type, value) {
        (Type::Optional(inner), value) => check_fields(command, task, path, *inner, value),
        (Type::List(inner), Value::List(items)) => {
            items.iter().enumerate().try_for_each(|(i, item)| check(&i.to_string(), *inner, item))
        }
        (Type::Map(inner), Value::Map(entries)) => {
            entries.iter().try_for_each(|(key, item)| check(key, *inner, item))
        }
        (Type::Struct(r#struct), Value::Map(entries)) => entries.iter().try_for_each(|(key, item)| {
            match r#struct.fields.iter().find(|field| field.name == key) {
                Some(field) => check(key, field.r#type, item),
                None => Err(unknown_field(command, task, path, r#struct, key)),
            }
        }),
        _ => Ok(()),
    }
}

fn unknown_field(
    command: &str,
    task: &TaskMetadata,
    path: &str,
    r#struct: &StructType,
    field: &str,
) -> ProgramError {
    let near = sealkit_names::nearest(field, r#struct.fields.iter().map(|field| field.name));
    let hint = near.map_or_else(|| see_help(command, task), |near| format!("did you mean `{near}`?"));
    ProgramError::usage(
        format!(
            "unknown field `{}` in input `{}`",
            sealkit_names::escape(field),
            sealkit_names::escape(path)
        ),
        hint,
    )
}

fn see_help(command: &str, task: &TaskMetadata) -> String {
    format!("see `{command} {} --help`", task.name())
}

/// Returns the input with the nearest name.
fn near_input(task: &TaskMetadata, name: &str) -> Option<&'static str> {
    sealkit_names::nearest(&name.replace('-', "_"), task.interface().inputs.iter().map(|input| input.name))
}

fn unknown_input(command: &str, task: &TaskMetadata, name: &str) -> ProgramError {
    let hint = near_input(task, name)
        .map_or_else(|| see_help(command, task), |near| format!("did you mean `--{near}`?"));
    ProgramError::usage(
        format!("unknown input `{}` of task `{}`", sealkit_names::escape(name), task.name()),
        hint,
    )
}

fn input_error(command: &str, task: &TaskMetadata, error: &ValueError) -> ProgramError {
    let name = error.path().split('.').next().filter(|_| error.is_of_default());
    let hint = name.map_or_else(|| see_help(command, task), |name| format!("pass a value: --{name} VALUE"));
    ProgramError::usage(error.input_message(), hint)
}

fn output_error(task: &str, reason: &dyn std::fmt::Display) -> ProgramError {
    ProgramError::task(Problem::new(Code::InvalidValue, format!("output of task `{task}`: {reason}")))
}
