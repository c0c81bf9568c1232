//! Parsing of attributes and functions, without validation.

mod arguments;
mod function;

pub(crate) use arguments::{
    ALLOWANCE_EXAMPLE, AllowanceArguments, Arguments, RESOURCES_EXAMPLE, crate_at, crate_path, did_you_mean,
    parse_string, string_literal,
};
pub(crate) use function::Function;
