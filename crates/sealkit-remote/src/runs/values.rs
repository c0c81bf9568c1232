//! Displays inputs and outputs as JSON, without the program that declares their types.

use sealkit_idl::{
    core::{Binary, Literal, LiteralValue, Primitive, PrimitiveValue, Scalar, ScalarValue},
    prost_types::{Duration, Timestamp},
    task::NamedLiteral,
};
use serde_json::{Map, Value};

/// Converts named literals to a JSON object.
pub fn to_json(literals: Vec<NamedLiteral>) -> Map<String, Value> {
    let entry = |named: NamedLiteral| (named.name, named.value.map_or(Value::Null, literal));
    literals.into_iter().map(entry).collect()
}

fn literal(literal: Literal) -> Value {
    match literal.value {
        None => Value::Null,
        Some(LiteralValue::Scalar(value)) => scalar(*value),
        Some(LiteralValue::Offloaded(stored)) => stored.uri.into(),
        Some(LiteralValue::Collection(list)) => list.literals.into_iter().map(self::literal).collect(),
        Some(LiteralValue::Map(map)) => {
            Value::Object(map.literals.into_iter().map(|(key, value)| (key, self::literal(value))).collect())
        }
    }
}

fn scalar(scalar: Scalar) -> Value {
    match scalar.value {
        None | Some(ScalarValue::NoneType(_)) => Value::Null,
        Some(ScalarValue::Primitive(value)) => primitive(value),
        Some(ScalarValue::Blob(blob)) => Value::String(blob.uri),
        Some(ScalarValue::Binary(binary)) => bytes(&binary),
        Some(ScalarValue::Generic(_)) => "(object)".into(),
        Some(ScalarValue::StructuredDataset(_)) => "(data frame)".into(),
        Some(ScalarValue::Union(union)) => union.value.map_or(Value::Null, literal),
    }
}

fn primitive(primitive: Primitive) -> Value {
    match primitive.value {
        None => Value::Null,
        Some(PrimitiveValue::Integer(value)) => value.into(),
        Some(PrimitiveValue::FloatValue(value)) => {
            serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
        }
        Some(PrimitiveValue::StringValue(value)) => value.into(),
        Some(PrimitiveValue::Boolean(value)) => value.into(),
        // `Display` of both is that of their JSON.
        Some(PrimitiveValue::Datetime(value)) => Timestamp::to_string(&value).into(),
        Some(PrimitiveValue::Duration(value)) => Duration::to_string(&value).into(),
    }
}

/// Decodes a struct. Other bytes are described by their length.
fn bytes(Binary { value, tag }: &Binary) -> Value {
    let decoded = (tag == "msgpack").then(|| rmp_serde::from_slice(value).ok()).flatten();
    decoded.unwrap_or_else(|| format!("({} bytes)", value.len()).into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_of(value: ScalarValue) -> Value {
        scalar(Scalar { value: Some(value) })
    }

    fn of_primitive(value: PrimitiveValue) -> Value {
        json_of(ScalarValue::Primitive(Primitive { value: Some(value) }))
    }

    #[test]
    fn literals_are_displayed_as_json() {
        assert_eq!(of_primitive(PrimitiveValue::Integer(-5)), json!(-5));
        assert_eq!(of_primitive(PrimitiveValue::FloatValue(0.5)), json!(0.5));
        assert_eq!(of_primitive(PrimitiveValue::FloatValue(f64::NAN)), json!("NaN"));
        let time = Timestamp { seconds: 1, nanos: 0 };
        assert_eq!(of_primitive(PrimitiveValue::Datetime(time)), json!("1970-01-01T00:00:01Z"));
        let duration = Duration { seconds: 1, nanos: 500_000_000 };
        assert_eq!(of_primitive(PrimitiveValue::Duration(duration)), json!("1.500s"));
    }

    #[test]
    fn structs_are_decoded_and_other_bytes_are_not() {
        let binary = |value: &[u8], tag: &str| {
            json_of(ScalarValue::Binary(Binary { value: value.to_vec(), tag: tag.to_owned() }))
        };
        assert_eq!(binary(&[0x81, 0xa1, b'a', 1], "msgpack"), json!({"a": 1}));
        assert_eq!(binary(&[0xc1, 0], "msgpack"), json!("(2 bytes)"));
        assert_eq!(binary(b"abc", "pickle"), json!("(3 bytes)"));
    }
}
