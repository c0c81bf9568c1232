//! Values that are literals. The compiler checks the types of all other expressions.

use std::fmt::Display;

use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

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

/// Returns whether the value is a literal of this kind, or no literal at all. Otherwise, it adds an error.
pub(crate) fn check_literal(
    value: &Expr,
    is_expected: fn(&Lit) -> bool,
    message: impl Display,
    diagnostics: &mut Diagnostics,
) -> bool {
    let is_valid = match value {
        Expr::Lit(ExprLit { lit, .. }) => is_expected(lit),
        Expr::Group(group) => return check_literal(&group.expr, is_expected, message, diagnostics),
        // No value is negative.
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => false,
        _ => true,
    };
    if !is_valid {
        diagnostics.at(value, message);
    }
    is_valid
}

/// Checks a boolean with [`check_literal`].
pub(crate) fn check_boolean(name: &str, value: &Expr, diagnostics: &mut Diagnostics) -> bool {
    let message = format_args!("expected `{name} = true` or `{name} = false`");
    check_literal(value, |literal| matches!(literal, Lit::Bool(_)), message, diagnostics)
}
