//! The JSON schema of a struct, equal to the one that the official SDK attaches to a dataclass.

use std::collections::BTreeMap;

use sealkit_idl::{
    core::TypeAnnotation,
    prost_types::{ListValue, Struct, Value, value::Kind},
};

use crate::{Type, task_type::StructType};

/// Returns the annotation for MessagePack values, which the backend uses for its cache keys.
pub(super) fn msgpack_annotation() -> TypeAnnotation {
    let format = object([("serialization-format", text("msgpack"))]);
    TypeAnnotation { annotations: Some(fields([("cache-key-metadata", format)])) }
}

pub(super) fn of_struct(of: &StructType) -> Struct {
    let properties = of.fields.iter().map(|field| {
        let mut schema = of_type(field.r#type);
        if let (true, Some(Kind::StructValue(schema))) = (field.r#type.is_optional(), &mut schema.kind) {
            schema.fields.insert("default".to_owned(), Value { kind: Some(Kind::NullValue(0)) });
        }
        (field.name, schema)
    });
    let required = of.fields.iter().filter(|field| !field.r#type.is_optional()).map(|field| text(field.name));
    let required: Vec<Value> = required.collect();
    let mut schema = fields([
        ("type", text("object")),
        ("title", text(of.name)),
        ("properties", object(properties)),
        ("additionalProperties", Value { kind: Some(Kind::BoolValue(false)) }),
    ]);
    if !required.is_empty() {
        schema.fields.insert("required".to_owned(), list(required));
    }
    schema
}

fn of_type(of: Type) -> Value {
    match of {
        Type::None => object([("type", text("null"))]),
        Type::Integer => object([("type", text("integer"))]),
        Type::Float => object([("type", text("number"))]),
        Type::Boolean => object([("type", text("boolean"))]),
        Type::String | Type::File(_) | Type::Dir(_) => object([("type", text("string"))]),
        Type::Datetime => object([("type", text("string")), ("format", text("date-time"))]),
        Type::Date => object([("type", text("string")), ("format", text("date"))]),
        Type::Duration => object([("type", text("number")), ("format", text("time-delta"))]),
        Type::Object | Type::Outputs(_) => object([("type", text("object"))]),
        Type::List(inner) => object([("type", text("array")), ("items", of_type(*inner))]),
        Type::Map(inner) => {
            let names = object([("type", text("string"))]);
            object([
                ("type", text("object")),
                ("additionalProperties", of_type(*inner)),
                ("propertyNames", names),
            ])
        }
        Type::Optional(inner) => object([("anyOf", list([of_type(*inner), of_type(Type::None)]))]),
        Type::Enum(of) => object([("enum", list(of.variants.iter().map(|variant| text(variant))))]),
        Type::Struct(inner) => Value { kind: Some(Kind::StructValue(of_struct(inner))) },
    }
}

fn fields<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Struct {
    let fields: BTreeMap<String, Value> =
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Struct { fields }
}

fn object<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value { kind: Some(Kind::StructValue(fields(entries))) }
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value { kind: Some(Kind::ListValue(ListValue { values: values.into_iter().collect() })) }
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}
