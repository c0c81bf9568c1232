//! Literals that were too large to be passed on, and are objects instead.
//!
//! flytekit writes them (`_F_L_MIN_SIZE_MB`), and Flyte's SDK reads them wherever a literal may be. sealkit writes none, as Flyte's SDK: what
//! is too large is an error before it is sent.

use sealkit_idl::{
    core::{Literal, LiteralValue, ScalarValue},
    prost::Message as _,
};
use sealkit_protocol::{Code, Problem};

use super::MAX_INPUTS;
use crate::storage::{self, Location, StorageError};

/// How deeply objects may refer to objects.
const MAX_DEPTH: usize = 8;

/// Replaces every literal in `literal` that is an object by the literal in the object. `input` is the name of the input.
pub(super) fn read(literal: Literal, input: &str) -> Result<Literal, Problem> {
    read_nested(literal, input, MAX_DEPTH)
}

fn read_nested(literal: Literal, input: &str, depth: usize) -> Result<Literal, Problem> {
    let read = |literal| read_nested(literal, input, depth);
    let value =
        match literal.value {
            Some(LiteralValue::Offloaded(stored)) => {
                return match download(&stored.uri) {
                    Ok(stored) if depth > 0 => read_nested(stored, input, depth - 1),
                    Ok(_) => Err(unreadable(input, &stored.uri, "it refers to too many others")),
                    Err(error) => Err(unreadable(input, &stored.uri, &error.message)
                        .with_optional_hint(error.hint.as_deref())),
                };
            }
            Some(LiteralValue::Collection(mut list)) => {
                list.literals = list.literals.into_iter().map(read).collect::<Result<_, _>>()?;
                Some(LiteralValue::Collection(list))
            }
            Some(LiteralValue::Map(mut map)) => {
                let entry = |(key, literal)| Ok((key, read(literal)?));
                map.literals = map.literals.into_iter().map(entry).collect::<Result<_, Problem>>()?;
                Some(LiteralValue::Map(map))
            }
            Some(LiteralValue::Scalar(mut scalar)) => {
                if let Some(ScalarValue::Union(union)) = &mut scalar.value {
                    union.value = union.value.take().map(read).transpose()?;
                }
                Some(LiteralValue::Scalar(scalar))
            }
            None => None,
        };
    Ok(Literal { value, ..literal })
}

fn download(uri: &str) -> Result<Literal, StorageError> {
    let bytes = storage::read(&Location::parse(uri)?, MAX_INPUTS)?;
    let malformed = |_| StorageError { message: "malformed".to_owned(), hint: None };
    Literal::decode(&*bytes).map_err(malformed)
}

fn unreadable(input: &str, uri: &str, reason: &str) -> Problem {
    let uri = sealkit_names::escape(uri);
    Problem::new(Code::Io, format!("cannot read the input `{input}` from `{uri}`: {reason}"))
}
