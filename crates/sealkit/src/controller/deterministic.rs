//! The deterministic encoding of protobuf in Python, from which the official SDK computes cache keys.
//!
//! It sorts the entries of maps. That of `upb`, the default implementation in Python, sorts a key after the keys that begin with it:
//! `name` comes before `n`. Seen with protobuf 7.36.2.

use std::cmp::Ordering;

use sealkit_idl::prost::{
    Message,
    encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint},
};

/// The messages that may contain maps.
#[derive(Clone, Copy)]
pub(super) enum MessageKind {
    TypedInterface,
    VariableMap,
    VariableEntry,
    Variable,
    LiteralType,
    UnionType,
    TypeAnnotation,
    TypeStructure,
    Struct,
    Value,
    ListValue,
    Literal,
    LiteralCollection,
    LiteralMap,
    Scalar,
    Union,
}

/// A field that contains such a message, or is a map to it.
enum Field {
    Of(MessageKind),
    MapOf(MessageKind),
}

impl MessageKind {
    /// Returns what the field with this number contains, unless it contains no map.
    const fn field(self, number: u32) -> Option<Field> {
        use Field::{MapOf, Of};

        Some(match (self, number) {
            (Self::TypedInterface, 1 | 2) => Of(Self::VariableMap),
            (Self::VariableMap, 1) => Of(Self::VariableEntry),
            (Self::VariableEntry, 2) => Of(Self::Variable),
            (Self::Variable | Self::UnionType, 1) | (Self::LiteralType, 3 | 4) | (Self::Union, 2) => {
                Of(Self::LiteralType)
            }
            (Self::LiteralType, 6) | (Self::TypeAnnotation, 1) | (Self::Value, 5) => Of(Self::Struct),
            (Self::LiteralType, 9) => Of(Self::TypeAnnotation),
            (Self::LiteralType, 10) => Of(Self::UnionType),
            (Self::LiteralType, 11) => Of(Self::TypeStructure),
            (Self::TypeStructure, 2) => MapOf(Self::LiteralType),
            (Self::Struct, 1) => MapOf(Self::Value),
            (Self::Value, 6) => Of(Self::ListValue),
            (Self::ListValue, 1) => Of(Self::Value),
            (Self::Literal, 1) => Of(Self::Scalar),
            (Self::Literal, 2) => Of(Self::LiteralCollection),
            (Self::Literal, 3) => Of(Self::LiteralMap),
            (Self::LiteralCollection | Self::Union, 1) => Of(Self::Literal),
            (Self::LiteralMap, 1) => MapOf(Self::Literal),
            (Self::Scalar, 9) => Of(Self::Union),
            _ => return None,
        })
    }
}

/// Encodes a message, with the entries of all maps sorted.
pub(super) fn encode_sorted(of: MessageKind, message: &impl Message) -> Vec<u8> {
    let encoded = message.encode_to_vec();
    with_sorted_maps(of, &encoded).unwrap_or(encoded)
}

/// Sorts the entries of all maps in an encoded message. Returns `None` if the encoding is malformed.
fn with_sorted_maps(of: MessageKind, mut encoded: &[u8]) -> Option<Vec<u8>> {
    let mut sorted = Vec::with_capacity(encoded.len());
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while !encoded.is_empty() {
        let start = encoded;
        let (number, wire) = decode_key(&mut encoded).ok()?;
        let content = content(wire, &mut encoded)?;
        let whole = &start[..start.len() - encoded.len()];
        match of.field(number) {
            Some(Field::Of(inner)) => push(&mut sorted, number, &with_sorted_maps(inner, content)?),
            Some(Field::MapOf(inner)) => entries.push(entry(inner, content)?),
            None => sorted.extend_from_slice(whole),
        }
        // The entries of a map follow each other.
        let is_last = decode_key(&mut &*encoded).is_ok_and(|(next, _)| next != number) || encoded.is_empty();
        if is_last {
            entries.sort_by(|(a, _), (b, _)| order(a, b));
            for (_, entry) in entries.drain(..) {
                push(&mut sorted, number, &entry);
            }
        }
    }
    Some(sorted)
}

/// Returns the key of an entry, and the entry with sorted maps in its value.
fn entry(of: MessageKind, mut encoded: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut key, mut sorted) = (Vec::new(), Vec::new());
    while !encoded.is_empty() {
        let (number, wire) = decode_key(&mut encoded).ok()?;
        let content = content(wire, &mut encoded)?;
        if number == 1 {
            key = content.to_vec();
            push(&mut sorted, number, content);
        } else {
            push(&mut sorted, number, &with_sorted_maps(of, content)?);
        }
    }
    Some((key, sorted))
}

/// Reads the content of a field. For fields without a length, it is not needed and empty.
fn content<'b>(wire: WireType, encoded: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = match wire {
        WireType::Varint => decode_varint(encoded).ok().map(|_| 0)?,
        WireType::SixtyFourBit => 8,
        WireType::ThirtyTwoBit => 4,
        WireType::LengthDelimited => usize::try_from(decode_varint(encoded).ok()?).ok()?,
        WireType::StartGroup | WireType::EndGroup => return None,
    };
    let (content, rest) = encoded.split_at_checked(length)?;
    *encoded = rest;
    Some(content)
}

fn push(to: &mut Vec<u8>, number: u32, content: &[u8]) {
    encode_key(number, WireType::LengthDelimited, to);
    encode_varint(content.len() as u64, to);
    to.extend_from_slice(content);
}

fn order(a: &[u8], b: &[u8]) -> Ordering {
    let common = a.len().min(b.len());
    a[..common].cmp(&b[..common]).then(b.len().cmp(&a.len()))
}

#[cfg(test)]
mod tests {
    use sealkit_idl::prost_types::{Struct, Value, value::Kind};

    use super::*;

    fn object(fields: Vec<(&str, Value)>) -> Struct {
        Struct { fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    #[test]
    fn a_key_comes_after_the_keys_that_begin_with_it() {
        let number = || Value { kind: Some(Kind::NumberValue(1.0)) };
        let inner =
            || Value { kind: Some(Kind::StructValue(object(vec![("a", number()), ("ab", number())]))) };
        let whole = object(vec![("n", inner()), ("name", number()), ("b", number())]);
        let sorted = encode_sorted(MessageKind::Struct, &whole);
        // The same fields in another order.
        assert_eq!(Struct::decode(&*sorted).unwrap(), whole);
        let of = |key: &[u8]| sorted.windows(key.len()).position(|window| window == key).unwrap();
        assert!(of(b"\x01b") < of(b"\x04name") && of(b"\x04name") < of(b"\x01n"));
        assert!(of(b"\x02ab") < of(b"\x01a"));
        assert_eq!(with_sorted_maps(MessageKind::Struct, b"\x0a\x05a"), None);
    }
}
