//! `core.Literal`: the values that tasks take and return.

use std::collections::BTreeMap;

use prost_types::{Duration, Timestamp};

use super::{BlobType, LiteralType};

/// A value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Literal {
    /// The value.
    #[prost(oneof = "LiteralValue", tags = "1, 2, 3, 8")]
    pub value: Option<LiteralValue>,
    /// The hash of the value, from which cache keys are computed.
    #[prost(string, tag = "4")]
    pub hash: String,
}

impl Literal {
    /// Visits all files and directories in the literal: the reference, and the hash of its literal.
    ///
    /// # Errors
    ///
    /// Returns the first error of `visit`.
    pub fn each_blob<E>(
        &mut self,
        visit: &mut impl FnMut(&mut Blob, &mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        match &mut self.value {
            Some(LiteralValue::Scalar(scalar)) => match &mut scalar.value {
                Some(ScalarValue::Blob(blob)) => visit(blob, &mut self.hash),
                Some(ScalarValue::Union(union)) => {
                    union.value.as_mut().map_or(Ok(()), |value| value.each_blob(visit))
                }
                _ => Ok(()),
            },
            Some(LiteralValue::Collection(list)) => {
                list.literals.iter_mut().try_for_each(|item| item.each_blob(visit))
            }
            Some(LiteralValue::Map(map)) => {
                map.literals.values_mut().try_for_each(|item| item.each_blob(visit))
            }
            Some(LiteralValue::Offloaded(_)) | None => Ok(()),
        }
    }
}

/// The value of a literal.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum LiteralValue {
    /// A single value.
    #[prost(message, tag = "1")]
    Scalar(Box<Scalar>),
    /// A list of values.
    #[prost(message, tag = "2")]
    Collection(LiteralCollection),
    /// A map from strings to values.
    #[prost(message, tag = "3")]
    Map(LiteralMap),
    /// A literal in the object store.
    #[prost(message, tag = "8")]
    Offloaded(OffloadedLiteral),
}

/// `LiteralOffloadedMetadata`: where a large literal is stored.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OffloadedLiteral {
    /// The URI of the encoded literal.
    #[prost(string, tag = "1")]
    pub uri: String,
    /// Its size.
    #[prost(uint64, tag = "2")]
    pub size_bytes: u64,
}

/// A list of literals.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LiteralCollection {
    /// The elements.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<Literal>,
}

/// A map from strings to literals, sorted by key.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LiteralMap {
    /// The elements.
    #[prost(btree_map = "string, message", tag = "1")]
    pub literals: BTreeMap<String, Literal>,
}

/// A value that is neither a list nor a map of literals.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Scalar {
    /// The value.
    #[prost(oneof = "ScalarValue", tags = "1, 2, 3, 5, 7, 8, 9")]
    pub value: Option<ScalarValue>,
}

/// The value of a scalar.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ScalarValue {
    /// A number, a string, a boolean or a time.
    #[prost(message, tag = "1")]
    Primitive(Primitive),
    /// A reference to a file or directory.
    #[prost(message, tag = "2")]
    Blob(Blob),
    /// Bytes in a named format.
    #[prost(message, tag = "3")]
    Binary(Binary),
    /// No value.
    #[prost(message, tag = "5")]
    NoneType(Void),
    /// A free-form object, as the encoded message.
    #[prost(bytes, tag = "7")]
    Generic(Vec<u8>),
    /// A data frame, as the encoded message.
    #[prost(bytes, tag = "8")]
    StructuredDataset(Vec<u8>),
    /// A value of one of several types.
    #[prost(message, tag = "9")]
    Union(Box<Union>),
}

/// A literal that is a scalar.
impl From<ScalarValue> for Literal {
    fn from(value: ScalarValue) -> Self {
        let value = Some(LiteralValue::Scalar(Box::new(Scalar { value: Some(value) })));
        Self { value, ..Self::default() }
    }
}

/// A literal that is a number, a string, a boolean or a time.
impl From<PrimitiveValue> for Literal {
    fn from(value: PrimitiveValue) -> Self {
        ScalarValue::Primitive(Primitive { value: Some(value) }).into()
    }
}

/// A number, a string, a boolean or a time.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Primitive {
    /// The value.
    #[prost(oneof = "PrimitiveValue", tags = "1, 2, 3, 4, 5, 6")]
    pub value: Option<PrimitiveValue>,
}

/// The value of a primitive.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum PrimitiveValue {
    /// An integer.
    #[prost(int64, tag = "1")]
    Integer(i64),
    /// A floating-point number.
    #[prost(double, tag = "2")]
    FloatValue(f64),
    /// A string.
    #[prost(string, tag = "3")]
    StringValue(String),
    /// A boolean.
    #[prost(bool, tag = "4")]
    Boolean(bool),
    /// A point in time.
    #[prost(message, tag = "5")]
    Datetime(Timestamp),
    /// A duration.
    #[prost(message, tag = "6")]
    Duration(Duration),
}

/// No value.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Void {}

/// Bytes in a named format. Structs are MessagePack maps with the tag `msgpack`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Binary {
    /// The bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub value: Vec<u8>,
    /// The name of the format.
    #[prost(string, tag = "2")]
    pub tag: String,
}

/// A reference to a file or directory.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Blob {
    /// The metadata of the file or directory.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<BlobMetadata>,
    /// The URI of the file or directory.
    #[prost(string, tag = "3")]
    pub uri: String,
}

/// The metadata of a blob.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BlobMetadata {
    /// The type.
    #[prost(message, optional, tag = "1")]
    pub r#type: Option<BlobType>,
}

/// A value of one of several types, with its type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Union {
    /// The value.
    #[prost(message, optional, tag = "1")]
    pub value: Option<Literal>,
    /// The type. The tag in its structure names the variant.
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<LiteralType>,
}
