//! Conversion of values and types to and from Flyte's literals.
//!
//! The bytes are equal to those of the official Python SDK (`flyte` 2.12) for the same value and type. Structs and
//! untyped objects are MessagePack maps, as Python's dataclasses are.
//!
//! # Examples
//!
//! ```
//! use sealkit::{Type, Value, literal};
//!
//! let five = literal::to_literal(Type::Integer, &Value::Integer(5))?;
//! assert_eq!(literal::from_literal(five)?, Value::Integer(5));
//!
//! let error = literal::to_literal(Type::Integer, &Value::Boolean(true)).unwrap_err();
//! assert_eq!(error.to_string(), "expected integer, found a boolean");
//! # Ok::<(), sealkit::ValueError>(())
//! ```

mod schema;

use std::collections::BTreeMap;

use sealkit_idl::{
    core::{
        Binary, Blob, BlobDimensionality, BlobMetadata, BlobType, EnumType, Literal, LiteralCollection,
        LiteralMap, LiteralType, LiteralTypeKind, LiteralValue, Primitive, PrimitiveValue, ScalarValue,
        SimpleType, TypeStructure, TypedInterface, Union, UnionType, Variable, VariableEntry, VariableMap,
        Void,
    },
    prost_types::{Duration, Timestamp},
    task::NamedLiteral,
};

use crate::{
    Interface, Type,
    value::{Reference, Value, ValueError, from_msgpack, to_msgpack},
};

/// The name of the output of a task that has only one.
const ONLY_OUTPUT: &str = "o0";

/// The tag of a binary literal that contains MessagePack.
const MSGPACK: &str = "msgpack";

/// Converts the interface of a task. The variables are sorted by name, as in the official SDK.
pub fn interface(interface: &Interface) -> TypedInterface {
    let map = |variables: &[crate::Variable]| {
        let mut entries: Vec<VariableEntry> = variables
            .iter()
            .map(|variable| VariableEntry {
                key: variable.name.to_owned(),
                value: Some(self::variable(variable)),
            })
            .collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        Some(VariableMap { variables: entries })
    };
    TypedInterface { inputs: map(interface.inputs), outputs: map(interface.outputs) }
}

/// Returns the outputs in the value that a task returns: none, one that is called `o0`, or several.
pub(crate) fn outputs_of(of: Type, value: &Value) -> Vec<(&'static str, Type, &Value)> {
    match (of, value) {
        (Type::None, _) => Vec::new(),
        (Type::Outputs(outputs), Value::Map(entries)) => {
            let find = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            let output = |output: &crate::Variable| Some((output.name, output.r#type, find(output.name)?));
            outputs.iter().filter_map(output).collect()
        }
        (of, value) => vec![(ONLY_OUTPUT, of, value)],
    }
}

/// Converts the value that a task returns to its outputs.
///
/// # Errors
///
/// Returns an error if the value does not have the types of `outputs`.
pub(crate) fn to_outputs(
    outputs: &'static [crate::Variable],
    value: &Value,
) -> Result<Vec<NamedLiteral>, ValueError> {
    let literal = |(name, of, value): (&str, Type, &Value)| {
        let value = Some(to_literal(of, value).map_err(|error| error.at(name))?);
        Ok(NamedLiteral { name: name.to_owned(), value })
    };
    outputs_of(type_of(outputs), value).into_iter().map(literal).collect()
}

/// Converts outputs to the value that the task returns.
///
/// # Errors
///
/// Returns an error if an output is missing or does not have its type.
pub(crate) fn from_outputs(
    outputs: &'static [crate::Variable],
    mut literals: Vec<NamedLiteral>,
) -> Result<Value, ValueError> {
    let mut values: Vec<(String, Value)> = Vec::new();
    for output in outputs {
        // The only output may have any name.
        let is_meant = |literal: &NamedLiteral| literal.name == output.name || outputs.len() == 1;
        let index = literals.iter().position(is_meant);
        let literal = index.map(|index| literals.swap_remove(index).value.unwrap_or_default());
        let literal = literal.ok_or_else(|| ValueError::new("is missing").at(output.name))?;
        let value = from_literal(literal).and_then(|value| value.of_type(output.r#type));
        values.push((output.name.to_owned(), value.map_err(|error| error.at(output.name))?));
    }
    Ok(match type_of(outputs) {
        Type::Outputs(_) => Value::Map(values),
        _ => values.pop().map_or(Value::None, |(_, value)| value),
    })
}

/// Returns the type of what a task with these outputs returns.
pub(crate) const fn type_of(outputs: &'static [crate::Variable]) -> Type {
    match outputs {
        [] => Type::None,
        [only] if matches!(only.name.as_bytes(), b"o0") => only.r#type,
        several => Type::Outputs(several),
    }
}

/// Converts an input or output.
pub(crate) fn variable(variable: &crate::Variable) -> Variable {
    Variable { r#type: Some(literal_type(variable.r#type)), description: variable.docs.to_owned() }
}

/// Converts a type to its literal type.
pub fn literal_type(of: Type) -> LiteralType {
    match of {
        // Several outputs have no type together.
        Type::None | Type::Outputs(_) => SimpleType::None.into(),
        Type::Integer => SimpleType::Integer.into(),
        Type::Float => SimpleType::Float.into(),
        Type::Boolean => SimpleType::Boolean.into(),
        Type::String => SimpleType::String.into(),
        Type::Datetime | Type::Date => SimpleType::Datetime.into(),
        Type::Duration => SimpleType::Duration.into(),
        Type::Object => {
            LiteralType { annotation: Some(schema::msgpack_annotation()), ..SimpleType::Struct.into() }
        }
        Type::Struct(fields) => LiteralType {
            metadata: Some(schema::of_struct(fields)),
            annotation: Some(schema::msgpack_annotation()),
            structure: Some(TypeStructure { tag: tag(of).to_owned(), dataclass_type: BTreeMap::new() }),
            ..SimpleType::Struct.into()
        },
        Type::File(format) | Type::Dir(format) => {
            LiteralTypeKind::Blob(blob_type(dimensionality(of), format)).into()
        }
        Type::List(inner) => LiteralTypeKind::CollectionType(Box::new(literal_type(*inner))).into(),
        Type::Map(inner) => LiteralTypeKind::MapValueType(Box::new(literal_type(*inner))).into(),
        Type::Optional(inner) => {
            let variants = vec![variant(*inner), variant(Type::None)];
            LiteralTypeKind::UnionType(UnionType { variants }).into()
        }
        Type::Enum(of) => {
            let values = of.variants.iter().map(ToString::to_string).collect();
            LiteralTypeKind::EnumType(EnumType { values }).into()
        }
    }
}

/// Converts a value of type `of` to a literal.
///
/// # Errors
///
/// Returns an error if `value` does not have the type `of`.
pub fn to_literal(of: Type, value: &Value) -> Result<Literal, ValueError> {
    let scalar = match (of, value) {
        (Type::Optional(inner), value) => {
            let chosen = if matches!(value, Value::None) { Type::None } else { *inner };
            let value = Some(to_literal(chosen, value)?);
            ScalarValue::Union(Box::new(Union { value, r#type: Some(variant(chosen)) }))
        }
        (Type::List(inner), Value::List(items)) => {
            let literals =
                items.iter().enumerate().map(|(i, item)| to_literal(*inner, item).map_err(|e| e.at(i)));
            let literals = literals.collect::<Result<_, _>>()?;
            return Ok(literal(LiteralValue::Collection(LiteralCollection { literals })));
        }
        (Type::Map(inner), Value::Map(entries)) => {
            let entry = |(key, item): &(String, Value)| {
                Ok((key.clone(), to_literal(*inner, item).map_err(|error| error.at(key))?))
            };
            let literals = entries.iter().map(entry).collect::<Result<_, _>>()?;
            return Ok(literal(LiteralValue::Map(LiteralMap { literals })));
        }
        (Type::Object | Type::Struct(_), Value::Map(_)) => {
            ScalarValue::Binary(Binary { value: to_msgpack(value)?, tag: MSGPACK.to_owned() })
        }
        (Type::File(format) | Type::Dir(format), Value::Reference(reference)) => {
            let hash = reference.hash().unwrap_or_default().to_owned();
            return Ok(Literal { hash, ..blob(dimensionality(of), format, reference).into() });
        }
        (Type::None, Value::None) => ScalarValue::NoneType(Void {}),
        (of, value) => return Ok(primitive(of, value)?.into()),
    };
    Ok(scalar.into())
}

fn literal(value: LiteralValue) -> Literal {
    Literal { value: Some(value), ..Literal::default() }
}

/// Converts a literal to a value.
///
/// # Errors
///
/// Returns an error if the literal is empty or has a type that sealkit does not support.
pub fn from_literal(literal: Literal) -> Result<Value, ValueError> {
    let scalar = match literal.value {
        Some(LiteralValue::Collection(collection)) => {
            let items = collection.literals.into_iter().enumerate();
            let items = items.map(|(i, item)| from_literal(item).map_err(|error| error.at(i)));
            return items.collect::<Result<_, _>>().map(Value::List);
        }
        Some(LiteralValue::Map(map)) => {
            let entry = |(key, item)| match from_literal(item) {
                Ok(item) => Ok((key, item)),
                Err(error) => Err(error.at(key)),
            };
            return map.literals.into_iter().map(entry).collect::<Result<_, _>>().map(Value::Map);
        }
        Some(LiteralValue::Scalar(scalar)) => scalar.value,
        Some(LiteralValue::Offloaded(_)) => return Err(ValueError::new("is in the object store")),
        None => None,
    };
    match scalar {
        Some(ScalarValue::Primitive(Primitive { value: Some(value) })) => Ok(match value {
            PrimitiveValue::Integer(number) => Value::Integer(number),
            PrimitiveValue::FloatValue(number) => Value::Float(number),
            PrimitiveValue::StringValue(text) => Value::String(text),
            PrimitiveValue::Boolean(truth) => Value::Boolean(truth),
            PrimitiveValue::Datetime(Timestamp { seconds, nanos }) => {
                let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
                Value::Datetime {
                    seconds,
                    nanos: nanos.ok_or_else(|| ValueError::new("is a malformed time"))?,
                }
            }
            PrimitiveValue::Duration(duration) => {
                let Duration { seconds, nanos } = duration.normalized();
                Value::Duration { seconds, nanos }
            }
        }),
        Some(ScalarValue::Blob(blob)) => Ok(Value::Reference(Reference::from_blob(blob, literal.hash))),
        Some(ScalarValue::Binary(binary)) if binary.tag == MSGPACK => from_msgpack(&binary.value),
        Some(ScalarValue::NoneType(_)) => Ok(Value::None),
        Some(ScalarValue::Union(union)) => from_literal(union.value.unwrap_or_default()),
        _ => Err(ValueError::new("has a literal type that sealkit does not support")),
    }
}

fn primitive(of: Type, value: &Value) -> Result<PrimitiveValue, ValueError> {
    Ok(match (of, value) {
        (Type::Integer, Value::Integer(number)) => PrimitiveValue::Integer(*number),
        (Type::Float, Value::Float(number)) => PrimitiveValue::FloatValue(*number),
        (Type::Boolean, Value::Boolean(truth)) => PrimitiveValue::Boolean(*truth),
        (Type::String | Type::Enum(_), Value::String(text)) => PrimitiveValue::StringValue(text.clone()),
        (Type::Datetime, Value::Datetime { seconds, nanos }) => {
            let nanos = i32::try_from(*nanos).map_err(|_| ValueError::new("is a malformed time"))?;
            PrimitiveValue::Datetime(Timestamp { seconds: *seconds, nanos })
        }
        (Type::Date, Value::Date { days }) => {
            let seconds = days.checked_mul(86_400).ok_or_else(|| ValueError::new("is a malformed date"))?;
            PrimitiveValue::Datetime(Timestamp { seconds, nanos: 0 })
        }
        (Type::Duration, Value::Duration { seconds, nanos }) => {
            PrimitiveValue::Duration(Duration { seconds: *seconds, nanos: *nanos })
        }
        (of, value) => return Err(ValueError::expected(&of.to_string(), value)),
    })
}

const fn dimensionality(of: Type) -> BlobDimensionality {
    if matches!(of, Type::Dir(_)) { BlobDimensionality::Multipart } else { BlobDimensionality::Single }
}

fn blob_type(dimensionality: BlobDimensionality, format: &str) -> BlobType {
    BlobType { format: format.to_owned(), dimensionality: dimensionality.into() }
}

/// Returns a reference as a blob. Its own format takes precedence over that of its type.
fn blob(dimensionality: BlobDimensionality, format: &str, reference: &Reference) -> ScalarValue {
    let format = if reference.format().is_empty() { format } else { reference.format() };
    let metadata = BlobMetadata { r#type: Some(blob_type(dimensionality, format)) };
    ScalarValue::Blob(Blob { metadata: Some(metadata), uri: reference.uri().to_owned() })
}

/// Returns a type as a variant of a union. Its structure names the Python transformer of the type.
fn variant(of: Type) -> LiteralType {
    let structure = TypeStructure { tag: tag(of).to_owned(), dataclass_type: BTreeMap::new() };
    LiteralType { structure: Some(structure), ..literal_type(of) }
}

fn tag(of: Type) -> &'static str {
    match of {
        Type::None => "none",
        Type::Integer => "int",
        Type::Float => "float",
        Type::Boolean => "bool",
        Type::String => "str",
        Type::Datetime => "datetime",
        Type::Date => "date",
        Type::Duration => "timedelta",
        Type::File(_) => "File",
        Type::Dir(_) => "Dir",
        Type::List(_) => "Typed List",
        Type::Map(_) | Type::Object => "Typed Dict",
        Type::Enum(_) => "DefaultEnumTransformer",
        Type::Struct(_) | Type::Outputs(_) => "Object-Dataclass-Transformer",
        Type::Optional(_) => "Typed Union",
    }
}
