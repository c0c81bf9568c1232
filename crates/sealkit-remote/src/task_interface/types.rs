//! Names of types, and which types fit together.

use std::collections::BTreeSet;

use sealkit_idl::{
    core::{BlobDimensionality, Literal, LiteralType, LiteralTypeKind, ScalarValue, SimpleType, Void},
    prost_types::{Struct, value::Kind},
};

use super::adapt::into_variant;
use crate::error::sanitize;

const UNSUPPORTED: &str = "a type that sealkit does not support";

/// Returns the name of a type as in messages, such as `list of integer`.
pub fn type_name(of: &LiteralType) -> String {
    let Some(kind) = &of.r#type else { return UNSUPPORTED.to_owned() };
    match kind {
        LiteralTypeKind::Simple(STRUCT) => match &of.metadata {
            Some(schema) => object_name(schema),
            None => "object".to_owned(),
        },
        LiteralTypeKind::Simple(simple) => match SimpleType::try_from(*simple) {
            Ok(SimpleType::None) => "none",
            Ok(SimpleType::Integer) => "integer",
            Ok(SimpleType::Float) => "float",
            Ok(SimpleType::String) => "string",
            Ok(SimpleType::Boolean) => "boolean",
            Ok(SimpleType::Datetime) => "datetime",
            Ok(SimpleType::Duration) => "duration",
            Ok(SimpleType::Binary) => "bytes",
            Ok(SimpleType::Struct | SimpleType::Error) | Err(_) => UNSUPPORTED,
        }
        .to_owned(),
        LiteralTypeKind::CollectionType(inner) => format!("list of {}", type_name(inner)),
        LiteralTypeKind::MapValueType(inner) => format!("map of {}", type_name(inner)),
        LiteralTypeKind::StructuredDataset(_) => "data frame".to_owned(),
        LiteralTypeKind::Blob(blob) if is_pickle(&blob.format) => "Python object".to_owned(),
        LiteralTypeKind::Blob(blob) => match blob.dimensionality() {
            BlobDimensionality::Single => "file".to_owned(),
            BlobDimensionality::Multipart => "dir".to_owned(),
        },
        LiteralTypeKind::EnumType(of) => sanitize(&of.values.join("|")),
        LiteralTypeKind::UnionType(union) => {
            let (none, others): (Vec<_>, Vec<_>) =
                union.variants.iter().partition(|variant| is_none(variant));
            let names: Vec<String> = others.into_iter().map(type_name).collect();
            format!("{}{}", if none.is_empty() { "" } else { "optional " }, names.join(" or "))
        }
    }
}

/// Returns whether the values of a type are booleans, or none.
pub fn is_boolean(of: &LiteralType) -> bool {
    is_only(of, SimpleType::Boolean)
}

/// Returns whether the values of a type are strings, or none.
pub fn is_string(of: &LiteralType) -> bool {
    is_only(of, SimpleType::String)
}

fn is_only(of: &LiteralType, simple: SimpleType) -> bool {
    match &of.r#type {
        Some(LiteralTypeKind::Simple(other)) => *other == i32::from(simple),
        Some(LiteralTypeKind::UnionType(union)) => {
            let mut others = union.variants.iter().filter(|variant| !is_none(variant)).peekable();
            others.peek().is_some() && others.all(|variant| is_only(variant, simple))
        }
        _ => false,
    }
}

/// The number of the type of objects and structs.
const STRUCT: i32 = SimpleType::Struct as i32;

/// Returns the name and the fields of a struct.
fn object_name(schema: &Struct) -> String {
    let title = match schema.fields.get("title").and_then(|title| title.kind.as_ref()) {
        Some(Kind::StringValue(title)) if !title.is_empty() => sanitize(title),
        _ => "object".to_owned(),
    };
    let fields: Vec<String> = names(schema, "properties").into_iter().map(sanitize).collect();
    if fields.is_empty() { title } else { format!("{title} {{ {} }}", fields.join(", ")) }
}

/// Returns the names in a member of a JSON schema: the keys of an object, or the texts of a list.
fn names<'s>(schema: &'s Struct, member: &str) -> BTreeSet<&'s str> {
    match schema.fields.get(member).and_then(|value| value.kind.as_ref()) {
        Some(Kind::StructValue(of)) => of.fields.keys().map(String::as_str).collect(),
        Some(Kind::ListValue(of)) => {
            let text = |kind: &'s Kind| match kind {
                Kind::StringValue(text) => Some(&**text),
                _ => None,
            };
            of.values.iter().filter_map(|value| text(value.kind.as_ref()?)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Returns whether a struct has all fields that another one requires, and no others if it rejects them. Objects of any form fit.
fn has_fields(expected: Option<&Struct>, given: Option<&Struct>) -> bool {
    let (Some(expected), Some(given)) = (expected, given) else { return true };
    let (known, fields) = (names(expected, "properties"), names(given, "properties"));
    if known.is_empty() || fields.is_empty() {
        return true;
    }
    let is_closed = expected
        .fields
        .get("additionalProperties")
        .is_some_and(|value| matches!(value.kind, Some(Kind::BoolValue(false))));
    names(expected, "required").is_subset(&fields) && (!is_closed || fields.is_subset(&known))
}

/// Returns whether files of this format are objects of Python.
pub fn is_pickle(format: &str) -> bool {
    format.eq_ignore_ascii_case("PythonPickle")
}

/// Returns whether a type has only the value none.
pub fn is_none(of: &LiteralType) -> bool {
    matches!(of.r#type, Some(LiteralTypeKind::Simple(simple)) if simple == i32::from(SimpleType::None))
}

/// Returns whether none is a value of a type.
pub fn is_optional(of: &LiteralType) -> bool {
    none_variant(of).is_some()
}

/// Returns none as a value of an optional type.
pub(super) fn none_variant(of: &LiteralType) -> Option<Literal> {
    let Some(LiteralTypeKind::UnionType(union)) = &of.r#type else { return None };
    let none = union.variants.iter().find(|variant| is_none(variant))?;
    Some(into_variant(ScalarValue::NoneType(Void {}).into(), none))
}

/// Returns whether two types are of the same kind, and have the same name if they are structs.
pub(super) fn is_alike(a: &LiteralType, b: &LiteralType) -> bool {
    let title =
        |of: &LiteralType| of.metadata.as_ref().and_then(|schema| schema.fields.get("title").cloned());
    match (&a.r#type, &b.r#type) {
        (Some(LiteralTypeKind::Simple(one)), Some(LiteralTypeKind::Simple(other))) => {
            one == other && title(a) == title(b)
        }
        (Some(one), Some(other)) => std::mem::discriminant(one) == std::mem::discriminant(other),
        _ => false,
    }
}

/// Returns whether a value of type `given` can be passed where `expected` is declared.
pub(super) fn accepts(expected: &LiteralType, given: &LiteralType) -> bool {
    use LiteralTypeKind::{Blob, CollectionType, EnumType, MapValueType, Simple, UnionType};

    let (Some(expected_kind), Some(given_kind)) = (&expected.r#type, &given.r#type) else { return false };
    match (expected_kind, given_kind) {
        (UnionType(_), UnionType(given)) => given.variants.iter().all(|variant| accepts(expected, variant)),
        // The variant of a union is found by the value.
        (UnionType(expected), _) => expected.variants.iter().any(|variant| accepts(variant, given)),
        (Simple(STRUCT), Simple(STRUCT)) => has_fields(expected.metadata.as_ref(), given.metadata.as_ref()),
        (Simple(expected), Simple(given)) => expected == given,
        (CollectionType(expected), CollectionType(given)) | (MapValueType(expected), MapValueType(given)) => {
            accepts(expected, given)
        }
        (Blob(expected), Blob(given)) => {
            // A file without a format can be any, except an object of Python.
            let is_any =
                expected.format.is_empty() || given.format.is_empty() && !is_pickle(&expected.format);
            expected.dimensionality == given.dimensionality && (is_any || expected.format == given.format)
        }
        (EnumType(expected), EnumType(given)) => {
            given.values.iter().all(|value| expected.values.contains(value))
        }
        // The value is text, and is checked when it is read.
        (EnumType(_), Simple(simple)) | (Simple(simple), EnumType(_)) => {
            *simple == i32::from(SimpleType::String)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::{BlobType, EnumType, UnionType};

    use super::*;

    fn optional(inner: LiteralType) -> LiteralType {
        LiteralType::from(LiteralTypeKind::UnionType(UnionType {
            variants: vec![inner, LiteralType::from(SimpleType::None)],
        }))
    }

    fn list(inner: LiteralType) -> LiteralType {
        LiteralType::from(LiteralTypeKind::CollectionType(Box::new(inner)))
    }

    fn file(format: &str) -> LiteralType {
        LiteralType::from(LiteralTypeKind::Blob(BlobType { format: format.to_owned(), dimensionality: 0 }))
    }

    fn choice(values: &[&str]) -> LiteralType {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        LiteralType::from(LiteralTypeKind::EnumType(EnumType { values }))
    }

    #[test]
    fn types_are_named_like_those_of_a_program() {
        assert_eq!(type_name(&list(LiteralType::from(SimpleType::Integer))), "list of integer");
        assert_eq!(type_name(&optional(LiteralType::from(SimpleType::String))), "optional string");
        assert_eq!(type_name(&choice(&["red", "green"])), "red|green");
        assert_eq!(type_name(&file("PythonPickle")), "Python object");
        assert_eq!(type_name(&LiteralType::default()), "a type that sealkit does not support");
    }

    #[test]
    fn equal_types_fit_and_others_do_not() {
        let (integer, text) = (LiteralType::from(SimpleType::Integer), LiteralType::from(SimpleType::String));
        for one in
            [&integer, &text, &list(integer.clone()), &optional(text.clone()), &file("csv"), &choice(&["a"])]
        {
            assert!(accepts(one, one), "{one:?}");
            assert!(!accepts(one, &LiteralType::from(SimpleType::Boolean)), "{one:?}");
            assert!(!accepts(one, &LiteralType::default()) && !accepts(&LiteralType::default(), one));
        }
        assert!(!accepts(&list(integer.clone()), &list(text.clone())));
        assert!(!accepts(&integer, &optional(integer.clone())));
        assert!(accepts(&optional(integer.clone()), &integer));
        assert!(accepts(&file(""), &file("csv")) && accepts(&file("csv"), &file("")));
        assert!(!accepts(&file("csv"), &file("json")) && !accepts(&file("PythonPickle"), &file("")));
        assert!(accepts(&choice(&["a", "b"]), &choice(&["a"])) && accepts(&choice(&["a"]), &text));
        assert!(!accepts(&choice(&["a"]), &choice(&["a", "b"])) && !accepts(&choice(&["a"]), &integer));
    }
}
