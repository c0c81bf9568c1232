//! `core.Literal`: the values that tasks take and return.

use std::collections::BTreeMap;

use prost_types::{Duration, Timestamp};

use super::{BlobType, LiteralType};

/// One value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Literal {
    /// The value itself.
    #[prost(oneof = "LiteralValue", tags = "1, 2, 3")]
    pub value: Option<LiteralValue>,
}

/// What a literal may be.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum LiteralValue {
    /// One value.
    #[prost(message, tag = "1")]
    Scalar(Box<Scalar>),
    /// A list of values.
    #[prost(message, tag = "2")]
    Collection(LiteralCollection),
    /// Values by name.
    #[prost(message, tag = "3")]
    Map(LiteralMap),
}

/// A list of literals.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LiteralCollection {
    /// The elements.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<Literal>,
}

/// Literals by name, in the order of their names.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LiteralMap {
    /// The elements.
    #[prost(btree_map = "string, message", tag = "1")]
    pub literals: BTreeMap<String, Literal>,
}

/// A value that is neither a list nor a map of literals.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Scalar {
    /// The value itself.
    #[prost(oneof = "ScalarValue", tags = "1, 2, 3, 5, 9")]
    pub value: Option<ScalarValue>,
}

/// What a scalar may be.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ScalarValue {
    /// A number, text, boolean or time.
    #[prost(message, tag = "1")]
    Primitive(Primitive),
    /// A reference to a file or directory.
    #[prost(message, tag = "2")]
    Blob(Blob),
    /// Bytes in a named format.
    #[prost(message, tag = "3")]
    Binary(Binary),
    /// Nothing.
    #[prost(message, tag = "5")]
    NoneType(Void),
    /// A value of one of several types.
    #[prost(message, tag = "9")]
    Union(Box<Union>),
}

/// A number, text, boolean or time.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Primitive {
    /// The value itself.
    #[prost(oneof = "PrimitiveValue", tags = "1, 2, 3, 4, 5, 6")]
    pub value: Option<PrimitiveValue>,
}

/// What a primitive may be.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum PrimitiveValue {
    /// A whole number.
    #[prost(int64, tag = "1")]
    Integer(i64),
    /// A number.
    #[prost(double, tag = "2")]
    FloatValue(f64),
    /// Text.
    #[prost(string, tag = "3")]
    StringValue(String),
    /// True or false.
    #[prost(bool, tag = "4")]
    Boolean(bool),
    /// A point in time.
    #[prost(message, tag = "5")]
    Datetime(Timestamp),
    /// A length of time.
    #[prost(message, tag = "6")]
    Duration(Duration),
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Void {}

/// Bytes in a named format; structs are MessagePack maps with the tag `msgpack`.
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
    /// What is referred to.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<BlobMetadata>,
    /// Where it is.
    #[prost(string, tag = "3")]
    pub uri: String,
}

/// What a blob refers to.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BlobMetadata {
    /// Its type.
    #[prost(message, optional, tag = "1")]
    pub r#type: Option<BlobType>,
}

/// A value and the type it was chosen to be.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Union {
    /// The value.
    #[prost(message, optional, tag = "1")]
    pub value: Option<Literal>,
    /// The type; the tag in its structure tells the variant.
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<LiteralType>,
}
