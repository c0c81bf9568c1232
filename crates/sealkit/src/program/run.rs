//! Runs a task in this process, and converts its inputs and outputs.

use std::{
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
};

use sealkit_idl::{
    prost::Message as _,
    task::{Inputs, NamedLiteral, Outputs},
};

use super::ProgramError;
use crate::{
    Session, StructType, TaskMetadata, Type, Value, ValueError, Variable,
    call::InvokeError,
    literal::{from_literal, to_literal},
    task_type::Members,
};

/// Runs a task and returns its output as a line of JSON.
pub(super) fn run(
    session: &Session,
    program: &str,
    task: &'static TaskMetadata,
    arguments: Vec<(String, String)>,
) -> Result<String, ProgramError> {
    let inputs = Members::new(parse_inputs(program, task, arguments)?);
    let name = task.name();
    // The panic hook has printed the message of a panic already.
    let outcome = session.run(|| catch_unwind(AssertUnwindSafe(|| task.invoke()(inputs))));
    match outcome {
        Ok(Ok(output)) => {
            let output = serde_json::to_string(&output.unwrap_or(Value::None));
            output.map(|json| json + "\n").map_err(|error| output_error(name, &error))
        }
        Ok(Err(InvokeError::Task(text))) => {
            let (_, hint) = session.recorded_error(&text);
            Err(task_error(format!("task `{name}` failed: {text}"), hint))
        }
        Ok(Err(InvokeError::Output(error))) => Err(output_error(name, &error)),
        Ok(Err(InvokeError::Input(error))) => Err(input_error(program, task, &error)),
        Err(_) => Err(task_error(format!("task `{name}` panicked"), None)),
    }
}

/// Encodes command-line inputs as Flyte's `task.Inputs`.
pub(super) fn encode_inputs(
    program: &str,
    task: &'static TaskMetadata,
    arguments: Vec<(String, String)>,
) -> Result<Vec<u8>, ProgramError> {
    let literal = |(name, value): (String, Value)| {
        let r#type = find_input(task, &name).map_or(Type::None, |input| input.r#type);
        let value = value.of_type(r#type).and_then(|value| to_literal(r#type, &value));
        let value = Some(value.map_err(|error| input_error(program, task, &error.at(&name)))?);
        Ok(NamedLiteral { name, value })
    };
    let values = parse_inputs(program, task, arguments)?;
    if let Err(InvokeError::Input(error)) = task.check_inputs(Members::new(values.clone())) {
        return Err(input_error(program, task, &error));
    }
    let literals = values.into_iter().map(literal).collect::<Result<_, ProgramError>>()?;
    Ok(Inputs { literals }.encode_to_vec())
}

/// Decodes Flyte's `task.Outputs` and returns the output of `task` as a line of JSON.
pub(super) fn decode_outputs(task: &TaskMetadata, mut from: impl Read) -> Result<String, ProgramError> {
    let name = task.name();
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(|error| output_error(name, &error))?;
    let outputs = Outputs::decode(&*bytes).map_err(|_| output_error(name, &"malformed"))?;
    let value = match (task.interface().outputs.first(), outputs.literals.into_iter().next()) {
        (None, _) => Value::None,
        (Some(_), None) => return Err(output_error(name, &"missing")),
        (Some(output), Some(literal)) => from_literal(literal.value.unwrap_or_default())
            .and_then(|value| value.of_type(output.r#type))
            .map_err(|error| output_error(name, &error.at(output.name)))?,
    };
    let json = serde_json::to_string(&value).map_err(|error| output_error(name, &error))?;
    Ok(json + "\n")
}

/// Returns the input that is called `name` on the command line, where `--max-rows` means `max_rows`.
pub(super) fn find_input(task: &TaskMetadata, name: &str) -> Option<&'static Variable> {
    let name = name.replace('-', "_");
    task.interface().inputs.iter().find(|input| input.name == name)
}

/// Parses command-line inputs as values of the declared types.
fn parse_inputs(
    program: &str,
    task: &TaskMetadata,
    arguments: Vec<(String, String)>,
) -> Result<Vec<(String, Value)>, ProgramError> {
    let mut values: Vec<(String, Value)> = Vec::new();
    for (name, text) in arguments {
        let input = find_input(task, &name).ok_or_else(|| unknown_input(program, task, &name))?;
        let value = Value::parse(input.r#type, &text)
            .map_err(|error| input_error(program, task, &error.at(input.name)))?;
        check_fields(program, task, input.name, input.r#type, &value)?;
        if values.iter().any(|(name, _)| name == input.name) {
            let message = format!("input `{}` is given more than once", input.name);
            return Err(ProgramError::usage(message, see_help(program, task)));
        }
        values.push((input.name.to_owned(), value));
    }
    let inputs = task.interface().inputs.iter();
    let missing: Vec<String> = inputs
        .filter(|input| !input.r#type.is_optional() && !values.iter().any(|(name, _)| name == input.name))
        .map(|input| format!("`--{}` ({})", input.name, input.r#type))
        .collect();
    if missing.is_empty() {
        return Ok(values);
    }
    let message = format!("missing inputs of task `{}`: {}", task.name(), missing.join(", "));
    Err(ProgramError::usage(message, see_help(program, task)))
}

/// Returns an error if a struct in `value` has a field that its type does not have; `path` is the path of the value.
fn check_fields(
    program: &str,
    task: &TaskMetadata,
    path: &str,
    r#type: Type,
    value: &Value,
) -> Result<(), ProgramError> {
    let check = |part: &str, r#type: Type, value: &Value| {
        check_fields(program, task, &format!("{path}.{part}"), r#type, value)
    };
    match (r#type, value) {
        (Type::Optional(inner), value) => check_fields(program, task, path, *inner, value),
        (Type::List(inner), Value::List(items)) => {
            items.iter().enumerate().try_for_each(|(i, item)| check(&i.to_string(), *inner, item))
        }
        (Type::Map(inner), Value::Map(entries)) => {
            entries.iter().try_for_each(|(key, item)| check(key, *inner, item))
        }
        (Type::Struct(r#struct), Value::Map(entries)) => entries.iter().try_for_each(|(key, item)| {
            match r#struct.fields.iter().find(|field| field.name == key) {
                Some(field) => check(key, field.r#type, item),
                None => Err(unknown_field(program, task, path, r#struct, key)),
            }
        }),
        _ => Ok(()),
    }
}

fn unknown_field(
    program: &str,
    task: &TaskMetadata,
    path: &str,
    r#struct: &StructType,
    field: &str,
) -> ProgramError {
    let near = sealkit_names::nearest(field, r#struct.fields.iter().map(|field| field.name));
    let hint = near.map_or_else(|| see_help(program, task), |near| format!("did you mean `{near}`?"));
    ProgramError::usage(format!("unknown field `{}` in input `{}`", escape(field), escape(path)), hint)
}

fn escape(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

fn see_help(program: &str, task: &TaskMetadata) -> String {
    format!("see `{program} run {} --help`", task.name())
}

fn unknown_input(program: &str, task: &TaskMetadata, name: &str) -> ProgramError {
    let names = task.interface().inputs.iter().map(|input| input.name);
    let near = sealkit_names::nearest(&name.replace('-', "_"), names);
    let hint = near.map_or_else(|| see_help(program, task), |near| format!("did you mean `--{near}`?"));
    ProgramError::usage(format!("unknown input `{}` of task `{}`", escape(name), task.name()), hint)
}

fn input_error(program: &str, task: &TaskMetadata, error: &ValueError) -> ProgramError {
    ProgramError::usage(format!("input {error}"), see_help(program, task))
}

fn output_error(task: &str, reason: &dyn std::fmt::Display) -> ProgramError {
    task_error(format!("output of task `{task}`: {reason}"), None)
}

fn task_error(message: String, hint: Option<String>) -> ProgramError {
    ProgramError { code: 1, message, hint }
}
