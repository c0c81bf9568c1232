//! Parsing of attributes and functions, without validation.

mod allowance;
mod arguments;
mod function;
mod literal;

pub(crate) use allowance::{ALLOWANCE_EXAMPLE, AllowanceArguments};
pub(crate) use arguments::{
    Arguments, RESOURCES_EXAMPLE, Variable, crate_at, crate_path, did_you_mean, option,
};
pub(crate) use function::Function;
pub(crate) use literal::{check_boolean, check_literal, parse_string, string_literal};
