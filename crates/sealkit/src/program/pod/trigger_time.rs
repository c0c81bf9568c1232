//! The input that receives the scheduled time.
//!
//! As in the official SDK (`convert_from_inputs_to_native` of flyte 2.12.1), the name of the input is in the context of the inputs, and the
//! pod sets it to the start of the run, which is the scheduled time.

use sealkit_idl::{
    core::PrimitiveValue,
    prost_types::Timestamp,
    task::{Inputs, NamedLiteral, TRIGGER_TIME_INPUT},
};

/// Sets the input that receives the scheduled time. `run_start` is the start of the run in the form of RFC 3339.
pub(super) fn fill(mut inputs: Inputs, run_start: Option<&str>) -> Inputs {
    let name =
        inputs.context.iter().find(|entry| entry.key == TRIGGER_TIME_INPUT).map(|entry| entry.value.clone());
    let start = run_start.and_then(|start| start.parse::<Timestamp>().ok());
    if let (Some(name), Some(start)) = (name, start) {
        // The inputs may contain its default.
        inputs.literals.retain(|literal| literal.name != name);
        inputs.literals.push(NamedLiteral { name, value: Some(PrimitiveValue::Datetime(start).into()) });
    }
    inputs
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::KeyValuePair;

    use super::*;

    #[test]
    fn the_input_in_the_context_is_set_to_the_start_of_the_run() {
        let context = vec![KeyValuePair { key: TRIGGER_TIME_INPUT.to_owned(), value: "time".to_owned() }];
        let default = NamedLiteral { name: "time".to_owned(), value: None };
        let inputs = Inputs { literals: vec![default], context };
        let filled = fill(inputs.clone(), Some("2026-01-02T03:04:05Z"));
        assert!(filled.literals.len() == 1 && filled.literals[0].value.is_some(), "{filled:?}");
        // Flyte leaves the template where it does not know the time.
        assert_eq!(fill(inputs.clone(), None), inputs);
        assert_eq!(fill(inputs.clone(), Some("{{.runStartTime}}")), inputs);
        assert_eq!(fill(Inputs::default(), Some("2026-01-02T03:04:05Z")), Inputs::default());
    }
}
