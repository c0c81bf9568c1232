//! Running one task in this process.

use std::{
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
};

use sealkit_idl::{
    prost::Message as _,
    task::{Inputs, NamedLiteral, Outputs},
};

use super::Fault;
use crate::{
    Session, TaskMetadata, Type, Value, ValueError,
    call::InvokeError,
    literal::{from_literal, to_literal},
    task_type::Members,
};

pub(super) fn run(
    session: &Session,
    program: &str,
    task: &'static TaskMetadata,
    typed: Vec<(String, String)>,
) -> Result<String, Fault> {
    let inputs = read_inputs(program, task, typed)?;
    let name = task.name();
    // The panic itself has been reported by the panic hook.
    let outcome = session.run(|| catch_unwind(AssertUnwindSafe(|| task.invoke()(inputs))));
    match outcome {
        Ok(Ok(output)) => {
            let output = serde_json::to_string(&output.unwrap_or(Value::None));
            output
                .map(|json| json + "\n")
                .map_err(|error| failed(format!("output of task `{name}`: {error}"), None))
        }
        Ok(Err(InvokeError::Task(text))) => {
            let (_, hint) = session.recorded_error(&text);
            Err(failed(format!("task `{name}` failed: {text}"), hint))
        }
        Ok(Err(InvokeError::Output(error))) => Err(failed(format!("output of task `{name}`: {error}"), None)),
        Ok(Err(InvokeError::Input(error))) => {
            Err(Fault::usage(format!("input {error}"), format!("see `{program} run {name} --help`")))
        }
        Err(_) => Err(failed(format!("task `{name}` panicked"), None)),
    }
}

fn failed(message: String, hint: Option<String>) -> Fault {
    Fault { code: 1, message, hint }
}

/// What was typed, as Flyte's `task.Inputs`.
pub(super) fn encode_inputs(
    program: &str,
    task: &'static TaskMetadata,
    typed: Vec<(String, String)>,
) -> Result<Vec<u8>, Fault> {
    let values = values(program, task, typed)?;
    let wrong = |name: &str, error: ValueError| {
        let help = format!("see `{program} run {} --help`", task.name());
        Fault::usage(format!("input {}", error.at(name)), help)
    };
    let literal = |(name, value): (String, Value)| {
        let input = task.interface().inputs.iter().find(|input| input.name == name);
        let of = input.map_or(Type::None, |input| input.r#type);
        let value = value.of_type(of).and_then(|value| to_literal(of, &value));
        let value = Some(value.map_err(|error| wrong(&name, error))?);
        Ok(NamedLiteral { name, value })
    };
    let literals = values.into_iter().map(literal).collect::<Result<_, Fault>>()?;
    Ok(Inputs { literals }.encode_to_vec())
}

/// The output of `task` as JSON, from the bytes of Flyte's `task.Outputs`.
pub(super) fn decode_outputs(task: &TaskMetadata, mut from: impl Read) -> Result<String, Fault> {
    let name = task.name();
    let wrong = |problem: String| failed(format!("output of task `{name}`: {problem}"), None);
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
    let outputs = Outputs::decode(&*bytes).map_err(|_| wrong("it is malformed".to_owned()))?;
    let value = match (task.interface().outputs.first(), outputs.literals.into_iter().next()) {
        (None, _) => Value::None,
        (Some(_), None) => return Err(wrong("it is missing".to_owned())),
        (Some(output), Some(literal)) => from_literal(literal.value.unwrap_or_default())
            .and_then(|value| value.of_type(output.r#type))
            .map_err(|error| wrong(error.at(output.name).to_string()))?,
    };
    let json = serde_json::to_string(&value).map_err(|error| wrong(error.to_string()))?;
    Ok(json + "\n")
}

fn read_inputs(program: &str, task: &TaskMetadata, typed: Vec<(String, String)>) -> Result<Members, Fault> {
    values(program, task, typed).map(Members::new)
}

/// Turns what was typed into values of the declared types.
fn values(
    program: &str,
    task: &TaskMetadata,
    typed: Vec<(String, String)>,
) -> Result<Vec<(String, Value)>, Fault> {
    let help = || format!("see `{program} run {} --help`", task.name());
    let declared = task.interface().inputs;
    let mut values: Vec<(String, Value)> = Vec::new();
    for (typed_name, text) in typed {
        // `--max-rows` is how people write `max_rows` on a command line.
        let underscored = typed_name.replace('-', "_");
        let Some(input) = declared.iter().find(|input| input.name == underscored) else {
            let near = sealkit_names::nearest(&underscored, declared.iter().map(|input| input.name));
            let hint = near.map_or_else(help, |near| format!("did you mean `--{near}`?"));
            let shown: String = typed_name.chars().take(80).flat_map(char::escape_debug).collect();
            return Err(Fault::usage(format!("task `{}` has no input `{shown}`", task.name()), hint));
        };
        let value = Value::parse(input.r#type, &text)
            .map_err(|error| Fault::usage(format!("input {}", error.at(input.name)), help()))?;
        if values.iter().any(|(name, _)| name == input.name) {
            return Err(Fault::usage(format!("input `{}` is given twice", input.name), help()));
        }
        values.push((input.name.to_owned(), value));
    }
    let missing: Vec<String> = declared
        .iter()
        .filter(|input| !input.r#type.is_optional() && !values.iter().any(|(name, _)| name == input.name))
        .map(|input| format!("`--{}` ({})", input.name, input.r#type))
        .collect();
    if missing.is_empty() {
        return Ok(values);
    }
    Err(Fault::usage(format!("task `{}` needs {}", task.name(), missing.join(", ")), help()))
}
