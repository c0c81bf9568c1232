//! Package `flyteidl2.task`: what a task is given and gives back.

use crate::core::Literal;

/// The content of `inputs.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Inputs {
    /// The inputs.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<NamedLiteral>,
}

/// The content of `outputs.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Outputs {
    /// The outputs; a task's only one is `o0`.
    #[prost(message, repeated, tag = "1")]
    pub literals: Vec<NamedLiteral>,
}

/// A literal and its name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedLiteral {
    /// The name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The literal.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Literal>,
}
