//! What is written in the parentheses of `#[task(...)]`.

use proc_macro2::{Span, TokenStream};
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
                ("name", Meta::NameValue(pair)) => {
                    arguments.name = string(&pair.value, example("name"), diagnostics);
                }
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

/// A value that is a string literal, as in `example`.
pub(crate) fn string(value: &Expr, example: &str, diagnostics: &mut Diagnostics) -> Option<LitStr> {
    let text = text_of(value);
    if text.is_none() {
        diagnostics.at(value, format_args!("expected a string literal: `{example}`"));
    }
    text
}

/// A string literal, which a declarative macro may have wrapped.
pub(crate) fn text_of(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        Expr::Group(group) => text_of(&group.expr),
        _ => None,
    }
}

/// The path of `crate = …`, which must mean the same wherever the code ends up.
pub(crate) fn crate_path(value: &Expr) -> syn::Result<Path> {
    if let Expr::Path(path) = value {
        let path = &path.path;
        let first = path.segments.first().map(|first| first.ident.to_string());
        let from_crate = matches!(first.as_deref(), Some("crate" | "$crate"));
        if path.leading_colon.is_some() || from_crate {
            return Ok(path.clone());
        }
    }
    Err(syn::Error::new_spanned(
        value,
        "expected an absolute path: `::my_crate::sealkit` or `crate::sealkit`",
    ))
}

/// The path of the crate in code that is generated for `tokens`, and a span for the rest of that code.
///
/// Together they stand where `tokens` do, so that the compiler shows there what is wrong with them, while lints
/// still see that nobody wrote the code.
pub(crate) fn crate_at(krate: &Path, tokens: impl ToTokens) -> (TokenStream, Span) {
    let mut spans = tokens.into_token_stream().into_iter().map(|tree| tree.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    let last = spans.last().unwrap_or(first);
    let located = krate.to_token_stream().into_iter().map(|mut tree| {
        tree.set_span(tree.span().located_at(first));
        tree
    });
    (located.collect(), Span::call_site().located_at(last))
}
