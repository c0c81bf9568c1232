//! The description of one task for the official launchers of Rust tasks, such as `flyteplugins-rs`.

use sealkit_protocol::{Code, Problem, description};
use serde::Serialize;

use super::ProgramError;
use crate::{TaskMetadata, Type, Variable, registry};

/// The version of the format, which launchers check.
const VERSION: u8 = 1;

/// The description of a task. Launchers ignore fields that they do not know.
#[derive(Serialize)]
struct Description {
    flyte_interface_version: u8,
    task: &'static str,
    inputs: Vec<Described>,
    outputs: Vec<Described>,
}

/// An input or output.
#[derive(Serialize)]
struct Described {
    name: &'static str,
    r#type: String,
}

impl From<&Variable> for Described {
    fn from(variable: &Variable) -> Self {
        Self { name: variable.name, r#type: type_name(variable.r#type) }
    }
}

/// Returns the description of a task as a line of JSON.
pub(super) fn describe(task: &TaskMetadata) -> Result<String, ProgramError> {
    let of = |variables: &[Variable]| variables.iter().map(Described::from).collect();
    let (inputs, outputs) = (of(task.interface().inputs), of(task.interface().outputs));
    let description = Description { flyte_interface_version: VERSION, task: task.name(), inputs, outputs };
    serde_json::to_string(&description).map(|json| json + "\n").map_err(|error| {
        let message = format!("cannot write the interface as JSON: {error}");
        ProgramError::not_started(Problem::new(Code::Other, message))
    })
}

/// Returns the task to describe: the one called `name`, or that of the program if no name is given.
///
/// Launchers give no name. So a program that is started through a link with the name of a task describes that task, and a program
/// with one task describes it.
pub(super) fn find(name: Option<&str>, program: &str) -> Result<&'static TaskMetadata, ProgramError> {
    if let Some(name) = name {
        return Ok(registry::find(name)?);
    }
    let tasks = registry::tasks()?;
    let linked = tasks.iter().find(|task| task.name() == program);
    match (linked, &*tasks) {
        (Some(task), _) | (None, [task]) => Ok(task),
        (None, []) => Err(ProgramError::usage("the program has no tasks", "write #[task] above a function")),
        (None, [first, ..]) => {
            let names: Vec<String> = tasks.iter().map(|task| format!("`{}`", task.name())).collect();
            let hint = format!(
                "name one: {program} describe-interface {first}; or start the program through a link: ln -s {program} {first}",
                first = first.name()
            );
            Err(ProgramError::usage(format!("the program has several tasks: {}", names.join(", ")), hint))
        }
    }
}

/// Returns the name of a type. Launchers know five names, and print all others in an error.
///
/// The values of an enum are sent as strings, and those of a struct as an untyped object.
fn type_name(of: Type) -> String {
    match of {
        Type::Enum(_) => Type::String.to_string(),
        Type::Object | Type::Struct(_) | Type::Outputs(_) => "struct".to_owned(),
        other => description::Type::from(other).short_name(),
    }
}
