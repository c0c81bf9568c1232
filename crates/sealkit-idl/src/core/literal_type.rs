//! `core.LiteralType`: the types of the values that tasks take and return.

use std::collections::BTreeMap;

use prost_types::Struct;

/// A type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LiteralType {
    /// The type.
    #[prost(oneof = "LiteralTypeKind", tags = "1, 3, 4, 5, 7, 8, 10")]
    pub r#type: Option<LiteralTypeKind>,
    /// The JSON schema of a struct.
    #[prost(message, optional, tag = "6")]
    pub metadata: Option<Struct>,
    /// The annotation of an SDK.
    #[prost(message, optional, tag = "9")]
    pub annotation: Option<TypeAnnotation>,
    /// The variant of a union, or the fields of a struct.
    #[prost(message, optional, tag = "11")]
    pub structure: Option<TypeStructure>,
}

/// A type without metadata.
impl From<LiteralTypeKind> for LiteralType {
    fn from(kind: LiteralTypeKind) -> Self {
        Self { r#type: Some(kind), ..Self::default() }
    }
}

impl From<SimpleType> for LiteralType {
    fn from(simple: SimpleType) -> Self {
        LiteralTypeKind::Simple(simple.into()).into()
    }
}

/// The type of a literal.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum LiteralTypeKind {
    /// A type without parameters.
    #[prost(enumeration = "SimpleType", tag = "1")]
    Simple(i32),
    /// A list with elements of this type.
    #[prost(message, tag = "3")]
    CollectionType(Box<LiteralType>),
    /// A map from strings to this type.
    #[prost(message, tag = "4")]
    MapValueType(Box<LiteralType>),
    /// A file or directory.
    #[prost(message, tag = "5")]
    Blob(BlobType),
    /// One of several strings.
    #[prost(message, tag = "7")]
    EnumType(EnumType),
    /// A data frame, as the encoded type.
    #[prost(bytes, tag = "8")]
    StructuredDataset(Vec<u8>),
    /// One of several types.
    #[prost(message, tag = "10")]
    UnionType(UnionType),
}

/// The types without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SimpleType {
    /// No value.
    None = 0,
    /// A 64-bit integer.
    Integer = 1,
    /// A 64-bit floating-point number.
    Float = 2,
    /// A string.
    String = 3,
    /// A boolean.
    Boolean = 4,
    /// A point in time.
    Datetime = 5,
    /// A duration.
    Duration = 6,
    /// Bytes.
    Binary = 7,
    /// An error.
    Error = 8,
    /// A struct or a free-form object.
    Struct = 9,
}

/// The type of a file or directory.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BlobType {
    /// The format of the content. Empty if unknown.
    #[prost(string, tag = "1")]
    pub format: String,
    /// Whether it is a file or a directory.
    #[prost(enumeration = "BlobDimensionality", tag = "2")]
    pub dimensionality: i32,
}

/// Whether a blob is a file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum BlobDimensionality {
    /// A file.
    Single = 0,
    /// A directory.
    Multipart = 1,
}

/// One of several strings.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct EnumType {
    /// The strings.
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

/// The annotation of an SDK.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypeAnnotation {
    /// The annotation, as a free-form object.
    #[prost(message, optional, tag = "1")]
    pub annotations: Option<Struct>,
}

/// An input or output.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Variable {
    /// Its type.
    #[prost(message, optional, tag = "1")]
    pub r#type: Option<LiteralType>,
    /// The description.
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

/// Named variables, sorted by name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VariableMap {
    /// The variables.
    #[prost(message, repeated, tag = "1")]
    pub variables: Vec<VariableEntry>,
}

/// The inputs and outputs of a task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypedInterface {
    /// The inputs.
    #[prost(message, optional, tag = "1")]
    pub inputs: Option<VariableMap>,
    /// The outputs.
    #[prost(message, optional, tag = "2")]
    pub outputs: Option<VariableMap>,
}

/// `core.Parameter`: an input and its default.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Parameter {
    /// The type.
    #[prost(message, optional, tag = "1")]
    pub var: Option<Variable>,
    /// The default.
    #[prost(message, optional, tag = "2")]
    pub default: Option<super::Literal>,
}
