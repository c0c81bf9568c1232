//! The interface of a deployed task: its types, and the inputs of a call.

mod text;
mod types;

use std::collections::BTreeMap;

use sealkit_idl::{
    core::{LiteralType, TypedInterface, VariableMap},
    task::{Inputs, NamedLiteral, TaskSpec},
};

use crate::{
    error::{Error, ErrorKind, Result, sanitize},
    tasks::TaskDefinition,
};
use types::accepts;

pub use text::from_text as literal_from_text;
pub use types::{is_boolean, type_name};

impl TaskDefinition {
    /// Returns the inputs of a call: sorted, and with the defaults of those that are not given. A backend adds no defaults to calls.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidArgument`] if there is an unknown input, or one without a default is missing.
    pub fn inputs(&self, given: Inputs) -> Result<Inputs> {
        let declared = variables(interface(&self.spec).and_then(|interface| interface.inputs.as_ref()));
        let mut literals: BTreeMap<String, NamedLiteral> =
            given.literals.into_iter().map(|literal| (literal.name.clone(), literal)).collect();
        if let Some(name) = literals.keys().find(|name| !declared.contains_key(name.as_str())) {
            return Err(self.mismatch(&format!("has no input `{name}`: {}", known(&declared))));
        }
        for input in &self.spec.default_inputs {
            if let Some(default) = input.parameter.as_ref().and_then(|parameter| parameter.default.clone()) {
                let literal = NamedLiteral { name: input.name.clone(), value: Some(default) };
                literals.entry(input.name.clone()).or_insert(literal);
            }
        }
        let missing: Vec<String> = declared
            .iter()
            .filter(|(name, _)| !literals.contains_key(**name))
            .map(|(name, r#type)| format!("`{}` ({})", sanitize(name), type_name(r#type)))
            .collect();
        if !missing.is_empty() {
            return Err(self.mismatch(&format!("is called without {}", missing.join(", "))));
        }
        Ok(Inputs { literals: literals.into_values().collect() })
    }

    /// Checks that a caller that declares this interface can call the task.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidArgument`] if an input or output has another type.
    pub fn check_interface(&self, declared: &TypedInterface) -> Result<()> {
        let deployed = interface(&self.spec);
        let of_task = variables(deployed.and_then(|interface| interface.inputs.as_ref()));
        for (name, r#type) in variables(declared.inputs.as_ref()) {
            let Some(of_task) = of_task.get(name) else { continue };
            if !accepts(of_task, r#type) {
                let (here, there) = (type_name(r#type), type_name(of_task));
                return Err(self.mismatch(&format!("takes the input `{name}` as {there}, not as {here}")));
            }
        }
        let outputs = variables(deployed.and_then(|interface| interface.outputs.as_ref()));
        let expected = variables(declared.outputs.as_ref());
        // A caller that expects nothing ignores the outputs.
        if !expected.is_empty() && expected.len() != outputs.len() {
            return Err(self.mismatch(&format!("has {} outputs, not {}", outputs.len(), expected.len())));
        }
        for (name, r#type) in &expected {
            // The only output may have any name.
            let of_task =
                outputs.get(name).or_else(|| outputs.values().next().filter(|_| expected.len() == 1));
            let Some(of_task) = of_task else {
                return Err(self.mismatch(&format!("has no output `{name}`: {}", known(&outputs))));
            };
            if !accepts(r#type, of_task) {
                let (here, there) = (type_name(r#type), type_name(of_task));
                return Err(self.mismatch(&format!("returns `{name}` as {there}, not as {here}")));
            }
        }
        Ok(())
    }

    fn mismatch(&self, problem: &str) -> Error {
        let (name, version) = (sanitize(&self.id.name), sanitize(&self.id.version));
        Error::new(ErrorKind::InvalidArgument, format!("task `{name}:{version}` {problem}"))
            .with_hint(format!("see `sealkit run --remote --deployed {name}:{version} --help`"))
    }
}

fn interface(spec: &TaskSpec) -> Option<&TypedInterface> {
    spec.task_template.as_ref()?.interface.as_ref()
}

/// Returns the types by name.
fn variables(map: Option<&VariableMap>) -> BTreeMap<&str, &LiteralType> {
    let entries = map.into_iter().flat_map(|map| &map.variables);
    entries.filter_map(|entry| Some((&*entry.key, entry.value.as_ref()?.r#type.as_ref()?))).collect()
}

/// Lists the names of inputs or outputs for a message.
fn known(variables: &BTreeMap<&str, &LiteralType>) -> String {
    if variables.is_empty() {
        return "it has none".to_owned();
    }
    let names: Vec<String> = variables.keys().map(|name| format!("`{}`", sanitize(name))).collect();
    format!("it has {}", names.join(", "))
}
