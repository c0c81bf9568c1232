//! What is written in the parentheses of `#[task(...)]`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use sealkit_names::nearest;
use syn::{Expr, ExprLit, Lit, LitStr, Meta, Path, Token, parse::Parser, punctuated::Punctuated};

use crate::diagnostics::Diagnostics;

/// The arguments of `#[task]` and `#[workflow]`.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) name: Option<LitStr>,
    pub(crate) secret_requests: Vec<Expr>,
    pub(crate) krate: Option<Path>,
}

const KNOWN: [&str; 3] = ["name", "secret_requests", "crate"];

impl Arguments {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut arguments = Self::default();
        let parsed = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens);
        let mut seen: Vec<String> = Vec::new();
        for meta in diagnostics.take(parsed).into_iter().flatten() {
            let name = meta.path().require_ident().map(ToString::to_string).unwrap_or_default();
            if seen.contains(&name) {
                diagnostics.at(meta.path(), format_args!("`{name}` is given twice"));
                continue;
            }
            match (name.as_str(), &meta) {
                ("name", Meta::NameValue(pair)) => arguments.name = string(&pair.value, diagnostics),
                ("crate", Meta::NameValue(pair)) => {
                    arguments.krate = diagnostics.take(crate_path(&pair.value));
                }
                ("secret_requests", Meta::NameValue(pair)) => match &pair.value {
                    Expr::Array(list) => arguments.secret_requests.extend(list.elems.iter().cloned()),
                    other => diagnostics
                        .at(other, "expected a list: `secret_requests = [Secret(key = \"my_secret\")]`"),
                },
                (known, meta) if KNOWN.contains(&known) => {
                    diagnostics.at(meta, format_args!("expected a value: `{}`", example(known)));
                }
                _ => {
                    let name = meta.path().to_token_stream().to_string();
                    let near = nearest(&name, KNOWN).map(|near| format!("; did you mean `{near}`?"));
                    diagnostics.at(
                        meta.path(),
                        format_args!(
                            "unknown argument `{name}`: expected `name`, `secret_requests` or `crate`{}",
                            near.unwrap_or_default()
                        ),
                    );
                }
            }
            seen.push(name);
        }
        arguments
    }
}

fn example(argument: &str) -> &'static str {
    match argument {
        "name" => "name = \"my_task\"",
        "crate" => "crate = ::my_crate::sealkit",
        _ => "secret_requests = [Secret(key = \"my_secret\")]",
    }
}

fn string(value: &Expr, diagnostics: &mut Diagnostics) -> Option<LitStr> {
    if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = value {
        return Some(text.clone());
    }
    diagnostics.at(value, "expected a string literal");
    None
}

/// The path of `crate = …`, which must mean the same wherever the code ends up.
pub(crate) fn crate_path(value: &Expr) -> syn::Result<Path> {
    if let Expr::Path(path) = value {
        let path = &path.path;
        let from_crate = path.segments.first().is_some_and(|first| first.ident == "crate");
        if path.leading_colon.is_some() || from_crate {
            return Ok(path.clone());
        }
    }
    Err(syn::Error::new_spanned(
        value,
        "expected an absolute path: `::my_crate::sealkit` or `crate::sealkit`",
    ))
}
