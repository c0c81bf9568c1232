//! The shape of what is written; what it means is not judged here.

mod arguments;
mod function;

pub(crate) use arguments::{
    ALLOWANCE, Allowance as WrittenAllowance, Arguments, RESOURCES, crate_at, crate_path, string, text_of,
};
pub(crate) use function::Function;
