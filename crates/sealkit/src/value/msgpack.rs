//! MessagePack, the format of structs in Flyte.

use serde::Serialize;

use super::{
    Value, ValueError,
    render::{Rendered, Style},
};

/// Encodes `value` as Python's encoder for dataclasses does.
pub(crate) fn to_msgpack(value: &Value) -> Result<Vec<u8>, ValueError> {
    let mut bytes = Vec::new();
    let mut serializer = rmp_serde::Serializer::new(&mut bytes);
    Rendered(value, Style::Msgpack)
        .serialize(&mut serializer)
        .map_err(|_| ValueError::new("cannot be written as MessagePack"))?;
    Ok(bytes)
}

/// Decodes a value from all of `bytes`.
pub(crate) fn from_msgpack(bytes: &[u8]) -> Result<Value, ValueError> {
    let mut rest = bytes;
    let value = rmp_serde::from_read(&mut rest).map_err(|_| ValueError::new("is not MessagePack"))?;
    if rest.is_empty() { Ok(value) } else { Err(ValueError::new("has trailing bytes")) }
}
