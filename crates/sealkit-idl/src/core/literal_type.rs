//! `core.LiteralType`: the types of the values that tasks take and return.

use std::collections::BTreeMap;

use prost_types::Struct;

/// A type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LiteralType {
    /// The type itself.
    #[prost(oneof = "LiteralTypeKind", tags = "1, 3, 4, 5, 7, 10")]
    pub r#type: Option<LiteralTypeKind>,
    /// A JSON schema, for structs.
    #[prost(message, optional, tag = "6")]
    pub metadata: Option<Struct>,
    /// What an SDK wants to remember of the type.
    #[prost(message, optional, tag = "9")]
    pub annotation: Option<TypeAnnotation>,
    /// The variant of a union, or the fields of a struct.
    #[prost(message, optional, tag = "11")]
    pub structure: Option<TypeStructure>,
}

/// What a type may be.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum LiteralTypeKind {
    /// A type without parameters.
    #[prost(enumeration = "SimpleType", tag = "1")]
    Simple(i32),
    /// A list of this type.
    #[prost(message, tag = "3")]
    CollectionType(Box<LiteralType>),
    /// A map of text to this type.
    #[prost(message, tag = "4")]
    MapValueType(Box<LiteralType>),
    /// A file or directory.
    #[prost(message, tag = "5")]
    Blob(BlobType),
    /// One of several words.
    #[prost(message, tag = "7")]
    EnumType(EnumType),
    /// One of several types.
    #[prost(message, tag = "10")]
    UnionType(UnionType),
}

/// The types without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SimpleType {
    /// Nothing.
    None = 0,
    /// A whole number of 64 bits.
    Integer = 1,
    /// A number of 64 bits.
    Float = 2,
    /// Text.
    String = 3,
    /// True or false.
    Boolean = 4,
    /// A point in time.
    Datetime = 5,
    /// A length of time.
    Duration = 6,
    /// Bytes.
    Binary = 7,
    /// An error.
    Error = 8,
    /// A struct or free-form object.
    Struct = 9,
}

/// A file or directory.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BlobType {
    /// The format of the content; empty if unknown.
    #[prost(string, tag = "1")]
    pub format: String,
    /// One file, or many.
    #[prost(enumeration = "BlobDimensionality", tag = "2")]
    pub dimensionality: i32,
}

/// One file, or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum BlobDimensionality {
    /// A file.
    Single = 0,
    /// A directory.
    Multipart = 1,
}

/// One of several words.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct EnumType {
    /// The words.
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
}

/// One of several types.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UnionType {
    /// The types.
    #[prost(message, repeated, tag = "1")]
    pub variants: Vec<LiteralType>,
}

/// The variant of a union, or the fields of a struct.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypeStructure {
    /// The name of the variant.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// The fields.
    #[prost(btree_map = "string, message", tag = "2")]
    pub dataclass_type: BTreeMap<String, LiteralType>,
}

/// What an SDK wants to remember of a type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypeAnnotation {
    /// Free-form.
    #[prost(message, optional, tag = "1")]
    pub annotations: Option<Struct>,
}

/// An input or output.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Variable {
    /// Its type.
    #[prost(message, optional, tag = "1")]
    pub r#type: Option<LiteralType>,
    /// What it is for.
    #[prost(string, tag = "2")]
    pub description: String,
}

/// A variable and its name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VariableEntry {
    /// The name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The variable.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Variable>,
}

/// Variables by name, in the order of their names.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VariableMap {
    /// The variables.
    #[prost(message, repeated, tag = "1")]
    pub variables: Vec<VariableEntry>,
}

/// What a task takes and returns.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypedInterface {
    /// What it takes.
    #[prost(message, optional, tag = "1")]
    pub inputs: Option<VariableMap>,
    /// What it returns.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<VariableMap>,
}
