//! The help of a deployed task, from its interface.

use std::fmt::Write as _;

use sealkit_idl::{
    core::{LiteralType, VariableEntry},
    task::NamedLiteral,
};
use sealkit_remote::{TaskDefinition, is_boolean, is_optional, literals_to_json, sanitize, type_name};

/// An input in the help.
struct Input {
    option: String,
    /// The type, the default and the documentation.
    text: String,
    is_optional: bool,
}

/// Returns the help of a task, which `command` runs: like that of a task of a program.
pub(super) fn of(task: &TaskDefinition, command: &str) -> String {
    let mut text = docs(task);
    let mut inputs: Vec<Input> =
        task.input_variables().iter().map(|variable| Input::new(task, variable)).collect();
    inputs.sort_by_key(|input| input.is_optional);
    let _ = write!(text, "Usage: {command}");
    for Input { option, is_optional, .. } in &inputs {
        let _ = if *is_optional { write!(text, " [{option}]") } else { write!(text, " {option}") };
    }
    text.push('\n');
    let width = inputs.iter().map(|input| input.option.len()).max().unwrap_or_default();
    let inputs = inputs.iter().map(|Input { option, text, .. }| format!("{option:width$}  {text}"));
    section(&mut text, "Inputs", inputs);
    let outputs = task.output_variables();
    let outputs = outputs.iter().map(|output| match (&*output.key, outputs.len()) {
        ("o0", 1) => type_name(type_of(output)),
        (name, _) => format!("{}: {}", sanitize(name), type_name(type_of(output))),
    });
    section(&mut text, "Output", outputs);
    let secrets = task.secrets().map(|secret| match &*secret.group {
        "" => sanitize(&secret.key),
        group => sanitize(&format!("{group}/{}", secret.key)),
    });
    section(&mut text, "Secrets", secrets);
    text
}

/// Returns the documentation, and an empty line after it.
fn docs(task: &TaskDefinition) -> String {
    let Some(docs) = &task.spec.documentation else { return String::new() };
    let whole = [&docs.long_description, &docs.short_description].into_iter().find(|text| !text.is_empty());
    let lines: Vec<String> = whole.into_iter().flat_map(|text| text.trim().lines()).map(sanitize).collect();
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n\n" }
}

impl Input {
    fn new(task: &TaskDefinition, variable: &VariableEntry) -> Self {
        let (name, of) = (sanitize(&variable.key), type_of(variable));
        let value = name.to_uppercase();
        let mut text = type_name(of);
        let default = task.spec.default_inputs.iter().find(|default| default.name == variable.key);
        let default = default.and_then(|default| default.parameter.clone()?.default);
        let is_optional = default.is_some() || is_optional(of);
        let named = default.map(|default| NamedLiteral { name: String::new(), value: Some(default) });
        let shown = literals_to_json(named.into_iter().collect()).remove("").unwrap_or_default();
        if !shown.is_null() {
            let _ = write!(text, ", default {}", sanitize(&shown.to_string()));
        }
        let docs = variable.value.as_ref().map(|value| sealkit_names::first_paragraph(&value.description));
        if let Some(docs) = docs.filter(|docs| !docs.is_empty()) {
            let _ = write!(text, ": {}", sanitize(&docs));
        }
        let option = if is_boolean(of) { format!("--{name} [{value}]") } else { format!("--{name} {value}") };
        Self { option, text, is_optional }
    }
}

/// Returns the type of an input or output.
fn type_of(variable: &VariableEntry) -> &LiteralType {
    static UNKNOWN: LiteralType =
        LiteralType { r#type: None, metadata: None, annotation: None, structure: None };
    variable.value.as_ref().and_then(|value| value.r#type.as_ref()).unwrap_or(&UNKNOWN)
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title}:\n  {}", lines.join("\n  "));
    }
}
