//! Conversion of command-line values to literals, for tasks without their program.

use std::{
    num::{IntErrorKind, ParseIntError},
    path::Path,
};

use sealkit_idl::{
    core::{
        Binary, Blob, BlobMetadata, BlobType, EnumType, Literal, LiteralCollection, LiteralMap, LiteralType,
        LiteralTypeKind, LiteralValue, PrimitiveValue, ScalarValue, SimpleType, Void,
    },
    prost_types::{Duration, Timestamp},
};
use sealkit_remote::{into_variant, is_none, is_pickle, type_name};
use serde_json::Value;

/// Converts text to a value of a type. Lists, maps and objects are JSON, everything else is plain text.
///
/// Paths of files and directories become absolute.
///
/// # Errors
///
/// Returns the reason. It contains no part of the text except the path of a file.
pub(super) fn from_text(of: &LiteralType, text: &str) -> Result<Literal, String> {
    match &of.r#type {
        Some(LiteralTypeKind::UnionType(union)) => {
            let is_text = |of: &LiteralType| matches!(of.r#type, Some(LiteralTypeKind::Simple(simple)) if simple == i32::from(SimpleType::String));
            // Every text is a string, so the other types come first.
            let (texts, others): (Vec<_>, Vec<_>) =
                union.variants.iter().partition(|variant| is_text(variant));
            let none =
                others.iter().find(|variant| is_none(variant)).filter(|_| text == "null" && texts.is_empty());
            if let Some(none) = none {
                return variant(none, &Value::Null);
            }
            let of_text = |of: &&LiteralType| Some(into_variant(from_text(of, text).ok()?, of));
            let found = others.iter().filter(|of| !is_none(of)).chain(&texts).find_map(of_text);
            found.ok_or_else(|| expected(of))
        }
        Some(
            LiteralTypeKind::CollectionType(_)
            | LiteralTypeKind::MapValueType(_)
            | LiteralTypeKind::Simple(STRUCT),
        ) => from_json(of, &parse_json(text)?),
        Some(LiteralTypeKind::Simple(simple)) => match SimpleType::try_from(*simple) {
            Ok(SimpleType::Integer) => match text.parse() {
                Ok(number) => Some(PrimitiveValue::Integer(number)),
                Err(error) if is_overflow(&error) => return Err(integer_out_of_range()),
                Err(_) => None,
            },
            Ok(SimpleType::Float) => match text.parse::<f64>() {
                // Infinity is written in letters.
                Ok(number) if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => {
                    return Err(format!("out of range: expected {:e} to {:e}", f64::MIN, f64::MAX));
                }
                number => number.ok().map(PrimitiveValue::FloatValue),
            },
            Ok(SimpleType::Boolean) => text.parse().ok().map(PrimitiveValue::Boolean),
            _ => return from_json(of, &Value::String(text.to_owned())),
        }
        .map(Literal::from)
        .ok_or_else(|| expected(of)),
        _ => from_json(of, &Value::String(text.to_owned())),
    }
}

const STRUCT: i32 = SimpleType::Struct as i32;

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        // Only the position: the text of the error may show the input.
        let is_number = error.to_string().starts_with("number out of range");
        let reason = if is_number { "a number is out of range" } else { "syntax error" };
        format!("expected JSON: {reason} at line {}, column {}", error.line(), error.column())
    })
}

/// Returns whether the text is an integer, and has more than 64 bits.
fn is_overflow(error: &ParseIntError) -> bool {
    matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow)
}

fn integer_out_of_range() -> String {
    format!("out of range: expected {} to {}", i64::MIN, i64::MAX)
}

/// Converts JSON to a value of a type.
fn from_json(of: &LiteralType, value: &Value) -> Result<Literal, String> {
    let wrong = || expected(of);
    let kind = of.r#type.as_ref().ok_or_else(wrong)?;
    match (kind, value) {
        (LiteralTypeKind::Simple(simple), value) => {
            let simple = SimpleType::try_from(*simple).map_err(|_| wrong())?;
            from_simple(simple, value).ok_or_else(wrong)
        }
        (LiteralTypeKind::CollectionType(inner), Value::Array(items)) => {
            let item = |(i, item)| from_json(inner, item).map_err(|error| format!("item {i}: {error}"));
            let literals = items.iter().enumerate().map(item).collect::<Result<_, _>>()?;
            Ok(literal(LiteralValue::Collection(LiteralCollection { literals })))
        }
        (LiteralTypeKind::MapValueType(inner), Value::Object(entries)) => {
            let entry = |(key, item): (&String, &Value)| match from_json(inner, item) {
                Ok(item) => Ok((key.clone(), item)),
                Err(error) => Err(format!("`{}`: {error}", sealkit_names::escape(key))),
            };
            let literals = entries.iter().map(entry).collect::<Result<_, _>>()?;
            Ok(literal(LiteralValue::Map(LiteralMap { literals })))
        }
        (LiteralTypeKind::Blob(of), Value::String(uri)) if !is_pickle(&of.format) => blob(of, uri),
        (LiteralTypeKind::EnumType(EnumType { values }), Value::String(text)) if values.contains(text) => {
            Ok(PrimitiveValue::StringValue(text.clone()).into())
        }
        (LiteralTypeKind::UnionType(union), value) => {
            union.variants.iter().find_map(|of| variant(of, value).ok()).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

fn from_simple(simple: SimpleType, value: &Value) -> Option<Literal> {
    Some(match (simple, value) {
        (SimpleType::None, Value::Null) => ScalarValue::NoneType(Void {}).into(),
        (SimpleType::Integer, Value::Number(number)) => PrimitiveValue::Integer(number.as_i64()?).into(),
        (SimpleType::Float, Value::Number(number)) => PrimitiveValue::FloatValue(number.as_f64()?).into(),
        (SimpleType::Boolean, Value::Bool(truth)) => PrimitiveValue::Boolean(*truth).into(),
        (SimpleType::String, Value::String(text)) => PrimitiveValue::StringValue(text.clone()).into(),
        (SimpleType::Datetime, Value::String(text)) => {
            PrimitiveValue::Datetime(text.parse::<Timestamp>().ok()?).into()
        }
        (SimpleType::Duration, Value::String(text)) => {
            let parsed = text.strip_suffix('s').and_then(|_| text.parse().ok());
            let of_unit = || Duration::try_from(sealkit_names::backoff::parse_duration(text)?).ok();
            PrimitiveValue::Duration(parsed.or_else(of_unit)?).into()
        }
        (SimpleType::Struct, Value::Object(_)) => {
            let value = rmp_serde::to_vec_named(value).ok()?;
            ScalarValue::Binary(Binary { value, tag: "msgpack".to_owned() }).into()
        }
        _ => return None,
    })
}

/// Converts JSON to a value of a type in a union.
fn variant(of: &LiteralType, value: &Value) -> Result<Literal, String> {
    from_json(of, value).map(|value| into_variant(value, of))
}

fn blob(of: &BlobType, text: &str) -> Result<Literal, String> {
    let uri = if text.contains("://") {
        text.to_owned()
    } else {
        let (path, shown) = (Path::new(text), sealkit_names::escape(text));
        let cannot = |reason: &str| format!("cannot be `{shown}`: {reason}");
        let metadata = path.metadata().map_err(|error| cannot(&sealkit_names::io_reason(&error)))?;
        if metadata.is_dir() != (of.dimensionality != 0) {
            return Err(cannot(if metadata.is_dir() {
                "it is a directory"
            } else {
                "it is not a directory"
            }));
        }
        let absolute =
            std::path::absolute(path).map_err(|error| cannot(&sealkit_names::io_reason(&error)))?;
        absolute.to_str().ok_or_else(|| cannot("its path is not UTF-8 text"))?.to_owned()
    };
    let metadata = Some(BlobMetadata { r#type: Some(of.clone()) });
    Ok(ScalarValue::Blob(Blob { metadata, uri }).into())
}

fn expected(of: &LiteralType) -> String {
    let example = match &of.r#type {
        None => return format!("cannot be passed: it has {}", type_name(of)),
        Some(LiteralTypeKind::Blob(blob)) if is_pickle(&blob.format) => {
            return "cannot be passed on the command line: it is a Python object".to_owned();
        }
        Some(LiteralTypeKind::Simple(simple)) => match SimpleType::try_from(*simple) {
            Ok(SimpleType::Integer) => "`-5`",
            Ok(SimpleType::Float) => "`1.5`",
            Ok(SimpleType::Boolean) => return "expected `true` or `false`".to_owned(),
            Ok(SimpleType::Datetime) => "`2024-01-02T03:04:05Z`",
            Ok(SimpleType::Duration) => "`86400.5s` or `5m`",
            Ok(SimpleType::Struct) => "`{…}`",
            _ => "",
        },
        Some(LiteralTypeKind::CollectionType(_)) => "`[…]`",
        Some(LiteralTypeKind::MapValueType(_)) => "`{…}`",
        Some(_) => "",
    };
    let name = type_name(of);
    if example.is_empty() {
        format!("expected {name}")
    } else {
        format!("expected {name}, such as {example}")
    }
}

fn literal(value: LiteralValue) -> Literal {
    Literal { value: Some(value), ..Literal::default() }
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::UnionType;

    use super::*;

    fn optional(inner: LiteralType) -> LiteralType {
        LiteralType::from(LiteralTypeKind::UnionType(UnionType {
            variants: vec![inner, LiteralType::from(SimpleType::None)],
        }))
    }

    fn file(format: &str, dimensionality: i32) -> LiteralType {
        LiteralType::from(LiteralTypeKind::Blob(BlobType { format: format.to_owned(), dimensionality }))
    }

    fn json(of: &LiteralType, text: &str) -> Result<String, String> {
        let named =
            sealkit_idl::task::NamedLiteral { name: String::new(), value: Some(from_text(of, text)?) };
        Ok(sealkit_remote::literals_to_json(vec![named])[""].to_string())
    }

    #[test]
    fn text_is_a_value_of_its_type() {
        let list = LiteralType::from(LiteralTypeKind::CollectionType(Box::new(optional(LiteralType::from(
            SimpleType::Integer,
        )))));
        let map =
            LiteralType::from(LiteralTypeKind::MapValueType(Box::new(LiteralType::from(SimpleType::Float))));
        let cases = [
            (LiteralType::from(SimpleType::Integer), "+5", "5"),
            (LiteralType::from(SimpleType::Float), ".5", "0.5"),
            (LiteralType::from(SimpleType::Float), "inf", "\"inf\""),
            (LiteralType::from(SimpleType::Boolean), "false", "false"),
            (LiteralType::from(SimpleType::String), "", "\"\""),
            (LiteralType::from(SimpleType::Datetime), "2024-01-02", "\"2024-01-02T00:00:00Z\""),
            (LiteralType::from(SimpleType::Duration), "-1.5s", "\"-1.500s\""),
            (LiteralType::from(SimpleType::Duration), "5m", "\"300s\""),
            (LiteralType::from(SimpleType::Struct), r#"{"a": [1, null]}"#, r#"{"a":[1,null]}"#),
            (list, "[1, null]", "[1,null]"),
            (map, r#"{"a": 1}"#, r#"{"a":1.0}"#),
            (optional(LiteralType::from(SimpleType::Integer)), "null", "null"),
            // It could be text.
            (optional(LiteralType::from(SimpleType::String)), "null", "\"null\""),
            (file("csv", 0), "s3://b/x.csv", "\"s3://b/x.csv\""),
            (file("", 1), "/tmp", "\"/tmp\""),
        ];
        for (of, text, expected) in cases {
            assert_eq!(json(&of, text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_text_is_an_error_that_does_not_show_it() {
        let cases = [
            (LiteralType::from(SimpleType::Integer), "Zx81", "expected integer, such as `-5`"),
            (
                LiteralType::from(SimpleType::Integer),
                "9223372036854775808",
                "out of range: expected -9223372036854775808 to 9223372036854775807",
            ),
            (
                LiteralType::from(SimpleType::Float),
                "-1e400",
                "out of range: expected -1.7976931348623157e308 to 1.7976931348623157e308",
            ),
            (
                LiteralType::from(SimpleType::Struct),
                "{\"a\": 1e999}",
                "expected JSON: a number is out of range at line 1, column 11",
            ),
            (LiteralType::from(SimpleType::Boolean), "yes", "expected `true` or `false`"),
            (LiteralType::from(SimpleType::Duration), "5", "expected duration, such as `86400.5s` or `5m`"),
            (
                LiteralType::from(SimpleType::Struct),
                "[Zx81",
                "expected JSON: syntax error at line 1, column 2",
            ),
            (optional(LiteralType::from(SimpleType::Float)), "Zx81", "expected optional float"),
            (file("", 1), "/etc/hostname", "cannot be `/etc/hostname`: it is not a directory"),
            (file("", 0), "/tmp", "cannot be `/tmp`: it is a directory"),
            (
                file("PythonPickle", 0),
                "/etc/hostname",
                "cannot be passed on the command line: it is a Python object",
            ),
            (LiteralType::default(), "x", "cannot be passed: it has a type that sealkit does not support"),
        ];
        for (of, text, expected) in cases {
            assert_eq!(json(&of, text), Err(expected.to_owned()), "{text}");
        }
    }
}
