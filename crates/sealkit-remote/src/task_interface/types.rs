//! Names of types, and which types fit together.

use sealkit_idl::core::{BlobDimensionality, LiteralType, LiteralTypeKind, SimpleType};

use crate::error::sanitize;

/// Returns the name of a type as in messages, such as `list of integer`.
pub fn type_name(of: &LiteralType) -> String {
    let Some(kind) = &of.r#type else { return "a type that sealkit does not support".to_owned() };
    match kind {
        LiteralTypeKind::Simple(simple) => match SimpleType::try_from(*simple) {
            Ok(SimpleType::None) => "none",
            Ok(SimpleType::Integer) => "integer",
            Ok(SimpleType::Float) => "float",
            Ok(SimpleType::String) => "string",
            Ok(SimpleType::Boolean) => "boolean",
            Ok(SimpleType::Datetime) => "datetime",
            Ok(SimpleType::Duration) => "duration",
            Ok(SimpleType::Struct) => "object",
            Ok(SimpleType::Binary) => "bytes",
            Ok(SimpleType::Error) | Err(_) => "a type that sealkit does not support",
        }
        .to_owned(),
        LiteralTypeKind::CollectionType(inner) => format!("list of {}", type_name(inner)),
        LiteralTypeKind::MapValueType(inner) => format!("map of {}", type_name(inner)),
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

/// Returns whether the values of a type are booleans.
pub fn is_boolean(of: &LiteralType) -> bool {
    match &of.r#type {
        Some(LiteralTypeKind::Simple(simple)) => *simple == i32::from(SimpleType::Boolean),
        Some(LiteralTypeKind::UnionType(union)) => {
            union.variants.iter().all(|variant| is_none(variant) || is_boolean(variant))
        }
        _ => false,
    }
}

/// Returns whether files of this format are objects of Python.
pub(super) fn is_pickle(format: &str) -> bool {
    format.eq_ignore_ascii_case("PythonPickle")
}

pub(super) fn is_none(of: &LiteralType) -> bool {
    matches!(of.r#type, Some(LiteralTypeKind::Simple(simple)) if simple == i32::from(SimpleType::None))
}

/// Returns whether a value of type `given` can be passed where `expected` is declared.
pub(super) fn accepts(expected: &LiteralType, given: &LiteralType) -> bool {
    use LiteralTypeKind::{Blob, CollectionType, EnumType, MapValueType, Simple, UnionType};

    let (Some(expected_kind), Some(given_kind)) = (&expected.r#type, &given.r#type) else { return false };
    match (expected_kind, given_kind) {
        (UnionType(_), UnionType(given)) => given.variants.iter().all(|variant| accepts(expected, variant)),
        // The variant of a union is found by the value.
        (UnionType(expected), _) => expected.variants.iter().any(|variant| accepts(variant, given)),
        (Simple(expected), Simple(given)) => expected == given,
        (CollectionType(expected), CollectionType(given)) | (MapValueType(expected), MapValueType(given)) => {
            accepts(expected, given)
        }
        (Blob(expected), Blob(given)) => {
            let has_format =
                |format: &str| expected.format == format || format.is_empty() || expected.format.is_empty();
            expected.dimensionality == given.dimensionality && has_format(&given.format)
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

    fn of(kind: LiteralTypeKind) -> LiteralType {
        LiteralType { r#type: Some(kind), ..LiteralType::default() }
    }

    fn simple(simple: SimpleType) -> LiteralType {
        of(LiteralTypeKind::Simple(simple.into()))
    }

    fn optional(inner: LiteralType) -> LiteralType {
        of(LiteralTypeKind::UnionType(UnionType { variants: vec![inner, simple(SimpleType::None)] }))
    }

    fn list(inner: LiteralType) -> LiteralType {
        of(LiteralTypeKind::CollectionType(Box::new(inner)))
    }

    fn file(format: &str) -> LiteralType {
        of(LiteralTypeKind::Blob(BlobType { format: format.to_owned(), dimensionality: 0 }))
    }

    fn choice(values: &[&str]) -> LiteralType {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        of(LiteralTypeKind::EnumType(EnumType { values }))
    }

    #[test]
    fn types_are_named_like_those_of_a_program() {
        assert_eq!(type_name(&list(simple(SimpleType::Integer))), "list of integer");
        assert_eq!(type_name(&optional(simple(SimpleType::String))), "optional string");
        assert_eq!(type_name(&choice(&["red", "green"])), "red|green");
        assert_eq!(type_name(&file("PythonPickle")), "Python object");
        assert_eq!(type_name(&LiteralType::default()), "a type that sealkit does not support");
    }

    #[test]
    fn equal_types_fit_and_others_do_not() {
        let (integer, text) = (simple(SimpleType::Integer), simple(SimpleType::String));
        for one in
            [&integer, &text, &list(integer.clone()), &optional(text.clone()), &file("csv"), &choice(&["a"])]
        {
            assert!(accepts(one, one), "{one:?}");
            assert!(!accepts(one, &simple(SimpleType::Boolean)), "{one:?}");
            assert!(!accepts(one, &LiteralType::default()) && !accepts(&LiteralType::default(), one));
        }
        assert!(!accepts(&list(integer.clone()), &list(text.clone())));
        assert!(!accepts(&integer, &optional(integer.clone())));
        assert!(accepts(&optional(integer.clone()), &integer));
        assert!(accepts(&file(""), &file("csv")) && accepts(&file("csv"), &file("")));
        assert!(!accepts(&file("csv"), &file("json")));
        assert!(accepts(&choice(&["a", "b"]), &choice(&["a"])) && accepts(&choice(&["a"]), &text));
        assert!(!accepts(&choice(&["a"]), &choice(&["a", "b"])) && !accepts(&choice(&["a"]), &integer));
    }
}
