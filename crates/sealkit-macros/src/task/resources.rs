//! Validation of the argument `resources = Resources(...)`.

use proc_macro2::TokenStream;
use quote::quote;
use sealkit_names::Resource;
use syn::{Expr, ExprAssign, ExprLit, ExprUnary, Ident, Lit, LitStr, Path, UnOp};

use crate::{
    diagnostics::Diagnostics,
    syntax::{RESOURCES_EXAMPLE, did_you_mean, option, string_literal},
};

/// The requested quantity of each resource.
pub(super) struct Resources(Vec<(Resource, LitStr)>);

impl Resources {
    /// Returns `None` if it adds an error.
    pub(super) fn new(value: &Expr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let call = match value {
            Expr::Call(call) if is_resources(&call.func) && !call.args.is_empty() => call,
            _ => {
                diagnostics.at(value, format_args!("expected resources: `{RESOURCES_EXAMPLE}`"));
                return None;
            }
        };
        let mut fields: Vec<(Resource, LitStr)> = Vec::new();
        let mut complete = true;
        for argument in &call.args {
            match field(argument, diagnostics) {
                Some((resource, _)) if fields.iter().any(|(known, _)| *known == resource) => {
                    diagnostics.at(argument, format_args!("duplicate resource `{}`", resource.as_str()));
                    complete = false;
                }
                Some(field) => fields.push(field),
                None => complete = false,
            }
        }
        complete.then_some(Self(fields))
    }

    pub(super) fn tokens(&self, krate: &Path) -> TokenStream {
        let quantities = Resource::ALL.map(|resource| {
            let given = self.0.iter().find(|(known, _)| *known == resource);
            option(given.map(|(_, quantity)| quantity))
        });
        quote!(#krate::Resources::__new(#(#quantities),*))
    }
}

fn is_resources(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Resources"))
}

/// Parses a field, such as `memory = "2Gi"`.
fn field(argument: &Expr, diagnostics: &mut Diagnostics) -> Option<(Resource, LitStr)> {
    let Some((name, value)) = assignment(argument) else {
        diagnostics.at(argument, format_args!("expected `name = value`: `{RESOURCES_EXAMPLE}`"));
        return None;
    };
    let known = Resource::ALL.map(Resource::as_str);
    let Some(resource) = Resource::ALL.into_iter().find(|resource| name == resource.as_str()) else {
        let suggestion = did_you_mean(&name.to_string(), &known);
        diagnostics.at(
            name,
            format_args!("unknown resource `{name}`: expected `cpu`, `memory`, `gpu` or `disk`{suggestion}"),
        );
        return None;
    };
    let Some(quantity) = string_literal(value).or_else(|| number(value).filter(|_| resource.is_counted()))
    else {
        diagnostics
            .at(value, format_args!("expected a string literal: `{name} = \"{}\"`", resource.example()));
        return None;
    };
    if let Some(message) = resource.message(&quantity.value()) {
        diagnostics.at(value, message);
        return None;
    }
    Some((resource, quantity))
}

/// Returns the name and the value of `name = value`.
pub(super) fn assignment(argument: &Expr) -> Option<(&Ident, &Expr)> {
    match argument {
        Expr::Assign(ExprAssign { left, right, .. }) => match &**left {
            Expr::Path(path) => Some((path.path.get_ident()?, right)),
            _ => None,
        },
        _ => None,
    }
}

/// Converts a number without a type suffix to a string. Negative numbers have an error message of their own.
fn number(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            number(expr).map(|number| LitStr::new(&format!("-{}", number.value()), number.span()))
        }
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.suffix().is_empty() => {
            Some(LitStr::new(number.base10_digits(), number.span()))
        }
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) if number.suffix().is_empty() => {
            Some(LitStr::new(number.base10_digits(), number.span()))
        }
        _ => None,
    }
}
