//! The keys of cached results of child actions, equal to those of the official SDK (`generate_cache_key_hash` of flyte 2.12.1).

use sealkit_idl::{
    core::{Literal, LiteralValue, ScalarValue},
    task::{Inputs, TaskSpec},
};
use sealkit_remote::sha256_base64;

use super::deterministic::{MessageKind, encode_sorted};
use crate::value::{Value, from_msgpack, to_msgpack};

/// Returns the key of a call, or `None` if results of the task are not cached.
///
/// Without a key, the backend would use results of all versions of the cache.
pub(super) fn cache_key(spec: &TaskSpec, inputs: &Inputs) -> Option<String> {
    let template = spec.task_template.as_ref()?;
    let metadata = template.metadata.as_ref().filter(|metadata| metadata.discoverable)?;
    let mut representation = Vec::new();
    for input in
        inputs.literals.iter().filter(|input| !metadata.cache_ignore_input_vars.contains(&input.name))
    {
        representation.extend_from_slice(input.name.as_bytes());
        representation.push(b':');
        representation.extend(input.value.as_ref().map(represent).unwrap_or_default());
        representation.push(b';');
    }
    let inputs = if representation.is_empty() { String::new() } else { sha256_base64(&representation) };
    let interface = encode_sorted(MessageKind::TypedInterface, template.interface.as_ref()?);
    let interface = sha256_base64(&interface);
    let name = &template.id.as_ref()?.name;
    Some(sha256_base64(format!("{inputs}{name}{interface}{}", metadata.discovery_version).as_bytes()))
}

/// Returns the bytes that stand for a literal: its hash if it has one.
fn represent(literal: &Literal) -> Vec<u8> {
    if !literal.hash.is_empty() {
        return literal.hash.clone().into_bytes();
    }
    match &literal.value {
        Some(LiteralValue::Collection(list)) => list.literals.iter().flat_map(represent).collect(),
        Some(LiteralValue::Map(map)) => {
            let entry = |(key, value): (&String, &Literal)| [key.as_bytes(), &represent(value)].concat();
            map.literals.iter().flat_map(entry).collect()
        }
        _ => encode_sorted(MessageKind::Literal, &with_sorted_keys(literal.clone())),
    }
}

/// Sorts the keys of the maps in a MessagePack value.
fn with_sorted_keys(mut literal: Literal) -> Literal {
    if let Some(LiteralValue::Scalar(scalar)) = &mut literal.value
        && let Some(ScalarValue::Binary(binary)) = &mut scalar.value
        && binary.tag == "msgpack"
        && let Ok(value) = from_msgpack(&binary.value)
        && let Ok(sorted) = to_msgpack(&sorted(value))
    {
        binary.value = sorted;
    }
    literal
}

/// Sorts the keys of all maps as their encodings sort: a shorter key comes first.
fn sorted(value: Value) -> Value {
    match value {
        Value::Map(mut entries) => {
            entries.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
            Value::Map(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::List(items) => Value::List(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::{
        core::{Identifier, TaskMetadata, TaskTemplate, TypedInterface},
        prost::Message as _,
        task::NamedLiteral,
    };

    use super::*;
    use crate::{TaskType as _, Type, literal};

    /// The vector is from flyte 2.12.1: `e.f2` with `a=1`, `b="x"`, one integer output and the version `v7`.
    #[test]
    fn the_key_is_that_of_the_official_sdk() {
        let interface = b"\x0a\x16\x0a\x09\x0a\x01\x61\x12\x04\x0a\x02\x08\x01\x0a\x09\x0a\x01\x62\x12\x04\x0a\x02\x08\x03\x12\x0c\x0a\x0a\x0a\x02\x6f\x30\x12\x04\x0a\x02\x08\x01";
        let metadata = TaskMetadata {
            discoverable: true,
            discovery_version: "v7".to_owned(),
            ..TaskMetadata::default()
        };
        let template = TaskTemplate {
            id: Some(Identifier { name: "e.f2".to_owned(), ..Identifier::default() }),
            metadata: Some(metadata),
            interface: Some(TypedInterface::decode(&interface[..]).unwrap()),
            ..TaskTemplate::default()
        };
        let mut spec = TaskSpec { task_template: Some(template), ..TaskSpec::default() };
        let named = |name: &str, of: Type, value: Value| NamedLiteral {
            name: name.to_owned(),
            value: literal::to_literal(of, &value).ok(),
        };
        let a = named("a", Type::Integer, 1_i64.to_value().unwrap());
        let b = named("b", Type::String, Value::String("x".to_owned()));
        let inputs = Inputs::from(vec![a, b]);
        let expected = "S186sHIr5Y+5kaPO/vqEX+Ze/+/Xa69tBFG77KiyjW0=";
        assert_eq!(cache_key(&spec, &inputs).as_deref(), Some(expected));
        let metadata = spec.task_template.as_mut().and_then(|template| template.metadata.as_mut()).unwrap();
        metadata.discoverable = false;
        assert_eq!(cache_key(&spec, &inputs), None);
    }
}
