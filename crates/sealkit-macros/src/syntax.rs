//! The shape of what is written; what it means is not judged here.

mod arguments;
mod function;

pub(crate) use arguments::{Arguments, crate_path};
pub(crate) use function::Function;
