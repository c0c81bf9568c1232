//! The interface of a deployed task: its types, and the inputs of a call.

mod adapt;
mod types;

use std::collections::BTreeMap;

use sealkit_idl::{
    core::{LiteralType, Secret, TypedInterface, VariableEntry, VariableMap},
    task::{Inputs, NamedLiteral, TaskSpec},
};

use crate::{
    error::{Error, ErrorKind, Result, sanitize},
    tasks::TaskDefinition,
};
use adapt::adapt;
use types::{accepts, none_variant};

pub use adapt::into_variant;
pub use types::{is_boolean, is_none, is_optional, is_pickle, is_string, type_name};

impl TaskDefinition {
    /// Returns the inputs of a call: sorted, and with the defaults of those that are not given. A backend adds no defaults to calls.
    ///
    /// An optional input without a default is none.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidArgument`] if there is an unknown input, or a required one is missing.
    pub fn inputs(&self, given: Inputs) -> Result<Inputs> {
        let declared = types(self.input_variables());
        let mut literals: BTreeMap<String, NamedLiteral> =
            given.literals.into_iter().map(|literal| (literal.name.clone(), literal)).collect();
        if let Some(name) = literals.keys().find(|name| !declared.contains_key(name.as_str())) {
            return Err(self.mismatch(&format!("has no input `{name}`: {}", list_names(&declared))));
        }
        for input in &self.spec.default_inputs {
            if let Some(default) = input.parameter.as_ref().and_then(|parameter| parameter.default.clone()) {
                let literal = NamedLiteral { name: input.name.clone(), value: Some(default) };
                literals.entry(input.name.clone()).or_insert(literal);
            }
        }
        for (name, r#type) in &declared {
            if let (false, Some(value)) = (literals.contains_key(*name), none_variant(r#type)) {
                literals.insert(
                    (*name).to_owned(),
                    NamedLiteral { name: (*name).to_owned(), value: Some(value) },
                );
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
        Ok(Inputs { literals: literals.into_values().collect(), context: given.context })
    }

    /// Returns the inputs of a call by a caller that declares this interface, like [`inputs`](Self::inputs).
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidArgument`] if the interface of the task is another one, or an input is missing.
    pub fn inputs_of(&self, declared: &TypedInterface, mut given: Inputs) -> Result<Inputs> {
        self.check_interface(declared)?;
        let of_caller = types(entries(declared.inputs.as_ref()));
        let of_task = types(self.input_variables());
        for input in &mut given.literals {
            let (Some(from), Some(to)) = (of_caller.get(&*input.name), of_task.get(&*input.name)) else {
                continue;
            };
            let adapted = input.value.take().and_then(|value| adapt(value, from, to));
            input.value = Some(adapted.ok_or_else(|| {
                let (name, to) = (&input.name, type_name(to));
                self.mismatch(&format!(
                    "cannot take the input `{name}`: the value matches several variants of {to}"
                ))
            })?);
        }
        self.inputs(given)
    }

    /// Checks that a caller that declares this interface can call the task.
    fn check_interface(&self, declared: &TypedInterface) -> Result<()> {
        let of_task = types(self.input_variables());
        for (name, r#type) in types(entries(declared.inputs.as_ref())) {
            let Some(of_task) = of_task.get(name) else { continue };
            if !accepts(of_task, r#type) {
                let (given, expected) = (type_name(r#type), type_name(of_task));
                return Err(self.mismatch(&format!("takes the input `{name}` as {expected}, not as {given}")));
            }
        }
        let outputs = types(self.output_variables());
        let expected = types(entries(declared.outputs.as_ref()));
        // A caller that expects nothing ignores the outputs.
        if !expected.is_empty() && expected.len() != outputs.len() {
            return Err(self.mismatch(&format!("has {} outputs, not {}", outputs.len(), expected.len())));
        }
        for (name, r#type) in &expected {
            // The only output may have any name.
            let of_task =
                outputs.get(name).or_else(|| outputs.values().next().filter(|_| expected.len() == 1));
            let Some(of_task) = of_task else {
                return Err(self.mismatch(&format!("has no output `{name}`: {}", list_names(&outputs))));
            };
            if !accepts(r#type, of_task) {
                let (declared, returned) = (type_name(r#type), type_name(of_task));
                return Err(self.mismatch(&format!("returns `{name}` as {returned}, not as {declared}")));
            }
        }
        Ok(())
    }

    /// Returns the declared inputs.
    pub fn input_variables(&self) -> &[VariableEntry] {
        entries(interface(&self.spec).and_then(|interface| interface.inputs.as_ref()))
    }

    /// Returns the declared outputs.
    pub fn output_variables(&self) -> &[VariableEntry] {
        entries(interface(&self.spec).and_then(|interface| interface.outputs.as_ref()))
    }

    /// Returns the secrets that the task requests.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let template = self.spec.task_template.as_ref();
        let context = template.and_then(|template| template.security_context.as_ref());
        context.into_iter().flat_map(|context| &context.secrets)
    }

    fn mismatch(&self, problem: &str) -> Error {
        let (name, version) = (sanitize(&self.id.name), sanitize(&self.id.version));
        Error::new(ErrorKind::InvalidArgument, format!("task `{name}:{version}` {problem}")).with_hint(
            format!(
                "see `sealkit run --remote -p {} -d {} --deployed {name}:{version} --help`",
                sanitize(&self.id.project),
                sanitize(&self.id.domain)
            ),
        )
    }
}

fn interface(spec: &TaskSpec) -> Option<&TypedInterface> {
    spec.task_template.as_ref()?.interface.as_ref()
}

fn entries(map: Option<&VariableMap>) -> &[VariableEntry] {
    map.map_or(&[], |map| &map.variables)
}

/// Returns the types by name.
fn types(variables: &[VariableEntry]) -> BTreeMap<&str, &LiteralType> {
    let entries = variables.iter();
    entries.filter_map(|entry| Some((&*entry.key, entry.value.as_ref()?.r#type.as_ref()?))).collect()
}

/// Lists the names of inputs or outputs for a message.
fn list_names(variables: &BTreeMap<&str, &LiteralType>) -> String {
    if variables.is_empty() {
        return "it has none".to_owned();
    }
    let names: Vec<String> = variables.keys().map(|name| format!("`{}`", sanitize(name))).collect();
    format!("it has {}", names.join(", "))
}
