//! Package `flyteidl2.core`: literals, literal types, secrets, tasks, pods and errors.

mod errors;
mod literal;
mod literal_type;
mod log_context;
mod security;
mod task_template;

pub use errors::{ContainerError, ContainerErrorKind, ErrorDocument, ErrorOrigin, ExecutionError};
pub use literal::{
    Binary, Blob, BlobMetadata, Literal, LiteralCollection, LiteralMap, LiteralValue, OffloadedLiteral,
    Primitive, PrimitiveValue, Scalar, ScalarValue, Union, Void,
};
pub use literal_type::{
    BlobDimensionality, BlobType, EnumType, LiteralType, LiteralTypeKind, Parameter, SimpleType,
    TypeAnnotation, TypeStructure, TypedInterface, UnionType, Variable, VariableEntry, VariableMap,
};
pub use log_context::{ContainerContext, LogContext, PodLogContext, ProcessContext};
pub use security::{Identity, MountType, Secret, SecurityContext};
pub use task_template::{
    Backoff, Container, ExtendedResources, GpuAccelerator, Identifier, KeyValuePair, ResourceEntry,
    ResourceName, ResourceType, Resources, RetryStrategy, RuntimeMetadata, RuntimeType, TaskMetadata,
    TaskTarget, TaskTemplate, Timeouts,
};
