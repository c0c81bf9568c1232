//! Package `flyteidl2.core`: literals, literal types, secrets and errors.

mod errors;
mod literal;
mod literal_type;
mod security;

pub use errors::{ContainerError, ContainerErrorKind, ErrorDocument, ErrorOrigin};
pub use literal::{
    Binary, Blob, BlobMetadata, Literal, LiteralCollection, LiteralMap, LiteralValue, Primitive,
    PrimitiveValue, Scalar, ScalarValue, Union, Void,
};
pub use literal_type::{
    BlobDimensionality, BlobType, EnumType, LiteralType, LiteralTypeKind, SimpleType, TypeAnnotation,
    TypeStructure, TypedInterface, UnionType, Variable, VariableEntry, VariableMap,
};
pub use security::{MountType, Secret, SecurityContext};
