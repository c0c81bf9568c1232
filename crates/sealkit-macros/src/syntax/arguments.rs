//! What is written in the parentheses of `#[task(...)]`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use sealkit_names::nearest;
use syn::{
    Expr, ExprLit, Lit, LitStr, Meta, MetaList, MetaNameValue, Path, Token, parse::Parser,
    punctuated::Punctuated,
};

use crate::diagnostics::Diagnostics;

/// The arguments of `#[task]` and `#[workflow]`.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) name: Option<LitStr>,
    pub(crate) secret_requests: Vec<Expr>,
    pub(crate) allowances: Vec<Allowance>,
    pub(crate) retries: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
    pub(crate) resources: Option<Expr>,
    pub(crate) krate: Option<Path>,
}

/// What is written in the parentheses of `allow_secret_in(...)`.
pub(crate) struct Allowance {
    /// The word itself.
    pub(crate) word: Path,
    pub(crate) output: Option<LitStr>,
    pub(crate) input: Option<LitStr>,
    pub(crate) secret: Option<LitStr>,
    pub(crate) because: Option<LitStr>,
}

const KNOWN: [&str; 7] =
    ["name", "secret_requests", "retries", "timeout", "resources", "allow_secret_in", "crate"];
const KNOWN_OF_ALLOWANCE: [&str; 4] = ["output", "input", "secret", "because"];

impl Arguments {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut arguments = Self::default();
        let parsed = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens);
        let mut seen: Vec<String> = Vec::new();
        for meta in diagnostics.take(parsed).into_iter().flatten() {
            let name = meta.path().require_ident().map(ToString::to_string).unwrap_or_default();
            // Each says something about one place.
            if seen.contains(&name) && name != "allow_secret_in" {
                diagnostics.at(meta.path(), format_args!("`{name}` is given twice"));
                continue;
            }
            match (name.as_str(), &meta) {
                ("name", Meta::NameValue(pair)) => {
                    arguments.name = string(&pair.value, example("name"), diagnostics);
                }
                ("retries", Meta::NameValue(pair)) => arguments.retries = Some(pair.value.clone()),
                ("timeout", Meta::NameValue(pair)) => arguments.timeout = Some(pair.value.clone()),
                ("resources", Meta::NameValue(pair)) => arguments.resources = Some(pair.value.clone()),
                ("crate", Meta::NameValue(pair)) => {
                    arguments.krate = diagnostics.take(crate_path(&pair.value));
                }
                ("secret_requests", Meta::NameValue(pair)) => match &pair.value {
                    Expr::Array(list) => arguments.secret_requests.extend(list.elems.iter().cloned()),
                    other => diagnostics
                        .at(other, "expected a list: `secret_requests = [Secret(key = \"my_secret\")]`"),
                },
                ("allow_secret_in", Meta::List(list)) => {
                    arguments.allowances.extend(Allowance::parse(list, diagnostics));
                }
                (known, meta) if KNOWN.contains(&known) => {
                    diagnostics.at(meta, format_args!("expected a value: `{}`", example(known)));
                }
                _ => {
                    let name = meta.path().to_token_stream().to_string();
                    let near = nearest(&name, KNOWN).map(|near| format!("; did you mean `{near}`?"));
                    diagnostics.at(
                        meta.path(),
                        format_args!(
                            "unknown argument `{name}`: expected `name`, `secret_requests`, `retries`, `timeout`, `resources`, `allow_secret_in` or `crate`{}",
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

/// How resources are written.
pub(crate) const RESOURCES: &str = "resources = Resources(cpu = \"500m\", memory = \"2Gi\")";

/// How an allowance is written.
pub(crate) const ALLOWANCE: &str =
    "allow_secret_in(output = \"o0.url\", secret = \"my_secret\", because = \"it is signed for an hour\")";

impl Allowance {
    /// `None` if something in it was reported.
    fn parse(list: &MetaList, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut allowance =
            Self { word: list.path.clone(), output: None, input: None, secret: None, because: None };
        let pairs = list.parse_args_with(Punctuated::<MetaNameValue, Token![,]>::parse_terminated);
        let mut complete = true;
        for pair in diagnostics.take(pairs)? {
            let name = pair.path.to_token_stream().to_string();
            let field = match name.as_str() {
                "output" => &mut allowance.output,
                "input" => &mut allowance.input,
                "secret" => &mut allowance.secret,
                "because" => &mut allowance.because,
                _ => {
                    let near =
                        nearest(&name, KNOWN_OF_ALLOWANCE).map(|near| format!("; did you mean `{near}`?"));
                    diagnostics.at(
                        &pair.path,
                        format_args!(
                            "unknown argument `{name}`: expected `output` or `input`, `secret` and `because`{}",
                            near.unwrap_or_default()
                        ),
                    );
                    complete = false;
                    continue;
                }
            };
            if field.is_some() {
                diagnostics.at(&pair.path, format_args!("`{name}` is given twice"));
                complete = false;
            }
            *field = string(&pair.value, ALLOWANCE, diagnostics);
            complete &= field.is_some();
        }
        complete.then_some(allowance)
    }
}

fn example(argument: &str) -> &'static str {
    match argument {
        "name" => "name = \"my_task\"",
        "crate" => "crate = ::my_crate::sealkit",
        "retries" => "retries = 3",
        "timeout" => "timeout = Duration::from_secs(90)",
        "resources" => RESOURCES,
        "allow_secret_in" => ALLOWANCE,
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
