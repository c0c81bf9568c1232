//! Values that are literals. The compiler checks the types of all other expressions.

use syn::{Expr, ExprLit, Lit, LitStr};

use crate::diagnostics::Diagnostics;

/// Returns the value as a string literal, or adds an error with `example`.
pub(crate) fn parse_string(value: &Expr, example: &str, diagnostics: &mut Diagnostics) -> Option<LitStr> {
    let literal = string_literal(value);
    if literal.is_none() {
        diagnostics.at(value, format_args!("expected a string literal: `{example}`"));
    }
    literal
}

/// Returns the value as a string literal. Declarative macros may wrap it in invisible groups.
pub(crate) fn string_literal(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) => Some(literal.clone()),
        Expr::Group(group) => string_literal(&group.expr),
        _ => None,
    }
}
