//! The arguments in the parentheses of `#[task(...)]`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use sealkit_names::nearest;
use syn::{
    Expr, ExprLit, ExprPath, Lit, LitStr, Meta, MetaList, MetaNameValue, Path, Token, parse::Parser,
    punctuated::Punctuated,
};

use crate::diagnostics::Diagnostics;

/// The arguments of `#[task]` and `#[workflow]`.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) name: Option<LitStr>,
    pub(crate) secret_requests: Vec<Expr>,
    pub(crate) allowances: Vec<AllowanceArguments>,
    pub(crate) retries: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
    pub(crate) resources: Option<Expr>,
    /// The tasks that the task calls, if it declares them.
    pub(crate) calls: Option<Vec<ExprPath>>,
    pub(crate) krate: Option<Path>,
}

/// The arguments of `allow_secret_in(...)`.
pub(crate) struct AllowanceArguments {
    /// The path `allow_secret_in`.
    pub(crate) path: Path,
    pub(crate) output: Option<LitStr>,
    pub(crate) input: Option<LitStr>,
    pub(crate) secret: Option<LitStr>,
    pub(crate) because: Option<LitStr>,
}

const KNOWN: [&str; 8] =
    ["name", "secret_requests", "retries", "timeout", "resources", "calls", "allow_secret_in", "crate"];
const KNOWN_OF_ALLOWANCE: [&str; 4] = ["output", "input", "secret", "because"];

/// Arguments of `@task` and `TaskEnvironment` in the Python SDKs that `#[task]` does not have yet.
const UNSUPPORTED: [&str; 31] = [
    "accelerator",
    "annotations",
    "cache",
    "cache_ignore_input_vars",
    "cache_serialize",
    "cache_version",
    "deck_fields",
    "depends_on",
    "deprecated",
    "disable_deck",
    "enable_deck",
    "env",
    "env_vars",
    "environment",
    "failure_policy",
    "interruptible",
    "labels",
    "links",
    "map",
    "map_task",
    "max_inline_io_bytes",
    "on_failure",
    "plugin_config",
    "pod_template",
    "pod_template_name",
    "queue",
    "report",
    "reusable",
    "schedule",
    "task_config",
    "triggers",
];

impl Arguments {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut arguments = Self::default();
        let parsed = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens);
        let mut seen: Vec<String> = Vec::new();
        for meta in diagnostics.take(parsed).into_iter().flatten() {
            let name = meta.path().require_ident().map(ToString::to_string).unwrap_or_default();
            // A task may have several allowances.
            if seen.contains(&name) && name != "allow_secret_in" {
                diagnostics.at(meta.path(), format_args!("duplicate argument `{name}`"));
                continue;
            }
            match (name.as_str(), &meta) {
                ("name", Meta::NameValue(pair)) => {
                    arguments.name = parse_string(&pair.value, example("name"), diagnostics);
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
                        .at(other, format_args!("expected a list: `{}`", example("secret_requests"))),
                },
                ("calls", Meta::NameValue(pair)) => arguments.calls = calls(&pair.value, diagnostics),
                ("allow_secret_in", Meta::List(list)) => {
                    arguments.allowances.extend(AllowanceArguments::parse(list, diagnostics));
                }
                (known, meta) if KNOWN.contains(&known) => {
                    diagnostics.at(meta, format_args!("expected a value: `{}`", example(known)));
                }
                _ => {
                    let name = meta.path().to_token_stream().to_string();
                    diagnostics.at(meta.path(), unknown_argument(&name));
                }
            }
            seen.push(name);
        }
        arguments
    }
}

/// Returns the error message for an argument that `#[task]` does not have.
fn unknown_argument(name: &str) -> String {
    let supported = quoted_list(&KNOWN, "or");
    let suggestion = match name {
        "secret" | "secrets" => "did you mean `secret_requests`?".to_owned(),
        "task_name" | "short_name" => "did you mean `name`?".to_owned(),
        "retry" | "retry_strategy" => "did you mean `retries`?".to_owned(),
        "cpu" | "disk" | "gpu" | "limits" | "mem" | "memory" | "requests" => {
            format!("did you mean `{RESOURCES_EXAMPLE}`?")
        }
        "container_image" | "image" => {
            "set the image with `--image` of `sealkit run --remote` or `sealkit deploy`".to_owned()
        }
        "description" | "docs" => "write the description as a doc comment".to_owned(),
        _ if UNSUPPORTED.contains(&name) => {
            return format!("`{name}` is not supported yet: a task supports {}", quoted_list(&KNOWN, "and"));
        }
        _ => match nearest(name, KNOWN) {
            Some(near) => format!("did you mean `{near}`?"),
            None => return format!("unknown argument `{name}`: expected {supported}"),
        },
    };
    format!("unknown argument `{name}`: expected {supported}; {suggestion}")
}

/// An example of the argument `calls`.
const CALLS_EXAMPLE: &str = "calls = [my_task, other::task]";

/// Parses the paths in `calls = [...]`.
fn calls(value: &Expr, diagnostics: &mut Diagnostics) -> Option<Vec<ExprPath>> {
    let Expr::Array(list) = value else {
        diagnostics.at(value, format_args!("expected a list of tasks: `{CALLS_EXAMPLE}`"));
        return None;
    };
    let mut paths = Vec::new();
    for entry in &list.elems {
        match entry {
            Expr::Path(path) => paths.push(path.clone()),
            other => diagnostics.at(other, format_args!("expected the path of a task: `{CALLS_EXAMPLE}`")),
        }
    }
    Some(paths)
}

/// An example of the argument `resources`.
pub(crate) const RESOURCES_EXAMPLE: &str = "resources = Resources(cpu = \"500m\", memory = \"2Gi\")";

/// An example of the argument `allow_secret_in`.
pub(crate) const ALLOWANCE_EXAMPLE: &str = "allow_secret_in(output = \"o0.url\", secret = \"my_secret\", because = \"the URL expires after an hour\")";

impl AllowanceArguments {
    /// Returns `None` if it adds an error.
    fn parse(list: &MetaList, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut arguments =
            Self { path: list.path.clone(), output: None, input: None, secret: None, because: None };
        let pairs = list.parse_args_with(Punctuated::<MetaNameValue, Token![,]>::parse_terminated);
        let mut complete = true;
        for pair in diagnostics.take(pairs)? {
            let name = pair.path.to_token_stream().to_string();
            let field = match name.as_str() {
                "output" => &mut arguments.output,
                "input" => &mut arguments.input,
                "secret" => &mut arguments.secret,
                "because" => &mut arguments.because,
                _ => {
                    let suggestion = match name.as_str() {
                        "reason" => "; did you mean `because`?".to_owned(),
                        other => did_you_mean(other, &KNOWN_OF_ALLOWANCE),
                    };
                    diagnostics.at(
                        &pair.path,
                        format_args!(
                            "unknown argument `{name}` of `allow_secret_in`: expected {}{suggestion}",
                            quoted_list(&KNOWN_OF_ALLOWANCE, "or")
                        ),
                    );
                    complete = false;
                    continue;
                }
            };
            if field.is_some() {
                diagnostics.at(&pair.path, format_args!("duplicate argument `{name}`"));
                complete = false;
            }
            *field = parse_string(&pair.value, ALLOWANCE_EXAMPLE, diagnostics);
            complete &= field.is_some();
        }
        complete.then_some(arguments)
    }
}

fn example(argument: &str) -> &'static str {
    match argument {
        "name" => "name = \"my_task\"",
        "crate" => "crate = ::my_crate::sealkit",
        "retries" => "retries = 3",
        "timeout" => "timeout = \"90s\"",
        "resources" => RESOURCES_EXAMPLE,
        "calls" => CALLS_EXAMPLE,
        "allow_secret_in" => ALLOWANCE_EXAMPLE,
        _ => "secret_requests = [Secret(key = \"my_secret\")]",
    }
}

/// Returns the suggestion at the end of an error message, or an empty string.
pub(crate) fn did_you_mean(name: &str, known: &[&str]) -> String {
    nearest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Formats a list: `` `a`, `b` or `c` ``.
fn quoted_list(names: &[&str], conjunction: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {conjunction} {last}", most.join(", ")),
    }
}

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

/// Returns the path of `crate = …`, which must not depend on the scope of the generated code.
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

/// Returns the crate path for code that is generated for `tokens`, and the span for the rest of that code.
///
/// The compiler then reports errors in the generated code at `tokens`, but lints still treat the code as generated.
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
