//! `resources = Resources(...)`: what a task needs of its machine.

use proc_macro2::TokenStream;
use quote::quote;
use sealkit_names::{Resource, nearest};
use syn::{Expr, ExprAssign, ExprLit, Ident, Lit, LitStr, Path};

use crate::{
    diagnostics::Diagnostics,
    syntax::{RESOURCES, text_of},
};

/// How much of what.
pub(super) struct Resources(Vec<(Resource, LitStr)>);

impl Resources {
    /// `None` if something in it was reported.
    pub(super) fn new(written: &Expr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let call = match written {
            Expr::Call(call) if is_resources(&call.func) && !call.args.is_empty() => call,
            _ => {
                diagnostics.at(written, format_args!("expected what the task needs: `{RESOURCES}`"));
                return None;
            }
        };
        let mut given: Vec<(Resource, LitStr)> = Vec::new();
        let mut complete = true;
        for argument in &call.args {
            match field(argument, diagnostics) {
                Some((resource, _)) if given.iter().any(|(known, _)| *known == resource) => {
                    diagnostics.at(argument, format_args!("`{}` is given twice", resource.as_str()));
                    complete = false;
                }
                Some(field) => given.push(field),
                None => complete = false,
            }
        }
        complete.then_some(Self(given))
    }

    pub(super) fn tokens(&self, krate: &Path) -> TokenStream {
        let amounts =
            Resource::ALL.map(|resource| match self.0.iter().find(|(given, _)| *given == resource) {
                Some((_, amount)) => quote!(::core::option::Option::Some(#amount)),
                None => quote!(::core::option::Option::None),
            });
        quote!(#krate::Resources::__new(#(#amounts),*))
    }
}

fn is_resources(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Resources"))
}

/// `memory = "2Gi"`
fn field(argument: &Expr, diagnostics: &mut Diagnostics) -> Option<(Resource, LitStr)> {
    let Some((name, value)) = assignment(argument) else {
        diagnostics.at(argument, format_args!("expected `name = value`: `{RESOURCES}`"));
        return None;
    };
    let known = Resource::ALL.map(Resource::as_str);
    let Some(resource) = Resource::ALL.into_iter().find(|resource| name == resource.as_str()) else {
        let near = nearest(&name.to_string(), known).map(|near| format!("; did you mean `{near}`?"));
        diagnostics.at(
            name,
            format_args!(
                "unknown field `{name}` in `Resources`: expected `cpu`, `memory`, `gpu` or `disk`{}",
                near.unwrap_or_default()
            ),
        );
        return None;
    };
    let Some(amount) = text_of(value).or_else(|| number(value).filter(|_| resource.is_counted())) else {
        diagnostics
            .at(value, format_args!("expected a string literal: `{name} = \"{}\"`", resource.example()));
        return None;
    };
    if !resource.accepts(&amount.value()) {
        diagnostics.at(&amount, resource.message(&amount.value()));
        return None;
    }
    Some((resource, amount))
}

fn assignment(argument: &Expr) -> Option<(&Ident, &Expr)> {
    match argument {
        Expr::Assign(ExprAssign { left, right, .. }) => match &**left {
            Expr::Path(path) => Some((path.path.get_ident()?, right)),
            _ => None,
        },
        _ => None,
    }
}

/// The text of a number without a type.
fn number(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.suffix().is_empty() => {
            Some(LitStr::new(number.base10_digits(), number.span()))
        }
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) if number.suffix().is_empty() => {
            Some(LitStr::new(number.base10_digits(), number.span()))
        }
        _ => None,
    }
}
