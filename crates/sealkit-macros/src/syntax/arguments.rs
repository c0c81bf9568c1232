//! The arguments in the parentheses of `#[task(...)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use sealkit_names::{nearest, quoted_list};
use syn::{
    Expr, ExprPath, Ident, LitStr, Meta, Path, Token, braced,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    token::Brace,
};

use super::{
    allowance::{ALLOWANCE_EXAMPLE, AllowanceArguments},
    literal::parse_string,
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
    pub(crate) environment: Option<Expr>,
    pub(crate) env: Vec<Variable>,
    pub(crate) service_account: Option<LitStr>,
    pub(crate) interruptible: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) schedule: Option<Expr>,
    /// The deployed task that the function refers to.
    pub(crate) deployed: Option<LitStr>,
    /// Whether the function refers to a deployed task, even if the name is invalid.
    pub(crate) is_deployed: bool,
    /// The tasks that the task calls, if it declares them.
    pub(crate) calls: Option<Vec<ExprPath>>,
    pub(crate) krate: Option<Path>,
}

/// An entry of `env = {"NAME" = "value"}`.
pub(crate) struct Variable {
    pub(crate) name: LitStr,
    /// A literal or a constant expression.
    pub(crate) value: Expr,
}

impl Parse for Variable {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected = |what: &str| input.error(format_args!("expected {what}: `{}`", example("env")));
        let name = input.parse().map_err(|_| expected("a name in quotes"))?;
        // Python writes a colon.
        input.parse::<Token![=]>().map_err(|_| expected("`=`"))?;
        Ok(Self { name, value: input.parse()? })
    }
}

/// An argument.
enum Argument {
    Meta(Meta),
    /// `env = {…}`, which is no expression.
    Env(Path, Vec<Variable>),
}

impl Argument {
    fn path(&self) -> &Path {
        match self {
            Self::Meta(meta) => meta.path(),
            Self::Env(path, _) => path,
        }
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let is_env = input.fork().parse::<Ident>().is_ok_and(|name| name == "env");
        if is_env && input.peek2(Token![=]) && input.peek3(Brace) {
            let path = input.parse()?;
            input.parse::<Token![=]>()?;
            let content;
            braced!(content in input);
            let variables = Punctuated::<Variable, Token![,]>::parse_terminated(&content)?;
            return Ok(Self::Env(path, variables.into_iter().collect()));
        }
        input.parse().map(Self::Meta)
    }
}

const KNOWN: [&str; 15] = [
    "name",
    "secret_requests",
    "environment",
    "env",
    "retries",
    "timeout",
    "cache",
    "schedule",
    "resources",
    "service_account",
    "interruptible",
    "calls",
    "deployed",
    "allow_secret_in",
    "crate",
];

/// The arguments of a function that refers to a deployed task: all others belong to that task.
const OF_DEPLOYED: [&str; 3] = ["name", "deployed", "crate"];

/// Arguments of `@task` and `TaskEnvironment` in the Python SDKs that `#[task]` does not have yet.
const UNSUPPORTED: [&str; 21] = [
    "accelerator",
    "annotations",
    "deck_fields",
    "depends_on",
    "deprecated",
    "disable_deck",
    "enable_deck",
    "failure_policy",
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
    "task_config",
];

impl Arguments {
    pub(crate) fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut arguments = Self::default();
        let parsed = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(tokens);
        let parsed = diagnostics.take(parsed).unwrap_or_default();
        arguments.is_deployed = parsed.iter().any(|argument| argument.path().is_ident("deployed"));
        let mut seen: Vec<String> = Vec::new();
        for argument in parsed {
            let path = argument.path();
            let name = path.require_ident().map(ToString::to_string).unwrap_or_default();
            // A task may have several allowances.
            if seen.contains(&name) && name != "allow_secret_in" {
                diagnostics.at(path, format_args!("duplicate argument `{name}`"));
                continue;
            }
            let is_of_task = KNOWN.contains(&&*name) && !OF_DEPLOYED.contains(&&*name);
            match argument {
                argument if arguments.is_deployed && is_of_task => {
                    let message = format!("`{name}` belongs to the deployed task: remove it here");
                    diagnostics.at(argument.path(), message);
                }
                Argument::Env(_, variables) => arguments.env = variables,
                Argument::Meta(meta) => arguments.set(&name, &meta, diagnostics),
            }
            seen.push(name);
        }
        arguments
    }

    fn set(&mut self, name: &str, meta: &Meta, diagnostics: &mut Diagnostics) {
        let value = match meta {
            Meta::NameValue(pair) => Some(&pair.value),
            _ => None,
        };
        match (name, value, meta) {
            ("name", Some(value), _) => self.name = parse_string(value, example("name"), diagnostics),
            ("retries", Some(value), _) => self.retries = Some(value.clone()),
            ("timeout", Some(value), _) => self.timeout = Some(value.clone()),
            ("resources", Some(value), _) => self.resources = Some(value.clone()),
            ("environment", Some(value), _) => self.environment = Some(value.clone()),
            ("service_account", Some(value), _) => {
                self.service_account = parse_string(value, example(name), diagnostics);
            }
            ("interruptible", Some(value), _) => self.interruptible = Some(value.clone()),
            ("cache", Some(value), _) => self.cache = Some(value.clone()),
            ("schedule", Some(value), _) => self.schedule = Some(value.clone()),
            ("deployed", Some(value), _) => {
                self.deployed = parse_string(value, example(name), diagnostics);
            }
            ("crate", Some(value), _) => self.krate = diagnostics.take(crate_path(value)),
            ("secret_requests", Some(Expr::Array(list)), _) => {
                self.secret_requests.extend(list.elems.iter().cloned());
            }
            ("secret_requests", Some(other), _) => {
                diagnostics.at(other, format_args!("expected a list: `{}`", example(name)));
            }
            ("env", Some(other), _) => {
                diagnostics.at(other, format_args!("expected variables in braces: `{}`", example(name)));
            }
            ("calls", Some(value), _) => self.calls = calls(value, diagnostics),
            ("allow_secret_in", _, Meta::List(list)) => {
                self.allowances.extend(AllowanceArguments::parse(list, diagnostics));
            }
            _ if KNOWN.contains(&name) => {
                diagnostics.at(meta, format_args!("expected a value: `{}`", example(name)));
            }
            _ => {
                let name = meta.path().to_token_stream().to_string();
                diagnostics.at(meta.path(), unknown_argument(&name));
            }
        }
    }
}

/// Returns the error message for an argument that `#[task]` does not have.
fn unknown_argument(name: &str) -> String {
    let suggestion = match name {
        "secret" | "secrets" => "did you mean `secret_requests`?".to_owned(),
        "task_name" | "short_name" => "did you mean `name`?".to_owned(),
        "retry" | "retry_strategy" => "did you mean `retries`?".to_owned(),
        "cpu" | "disk" | "gpu" | "limits" | "mem" | "memory" | "requests" => {
            format!("did you mean `{RESOURCES_EXAMPLE}`?")
        }
        "container_image" | "image" => {
            "set it in an `Environment`, or with `--image` of `sealkit run --remote` or `sealkit deploy`"
                .to_owned()
        }
        "description" | "docs" => "write the description as a doc comment".to_owned(),
        "cache_version" | "cache_serialize" | "cache_ignore_input_vars" => {
            "did you mean `cache = Cache(\"v1\", serialize = true, ignored_inputs = [\"verbose\"])`?"
                .to_owned()
        }
        "triggers" | "trigger" | "cron" | "schedules" => {
            "did you mean `schedule = Cron(\"0 9 * * *\")`?".to_owned()
        }
        "env_var" | "env_vars" | "variables" => "did you mean `env`?".to_owned(),
        "remote" | "reference" | "task_id" => "did you mean `deployed = \"environment.task\"`?".to_owned(),
        "spot" | "preemptible" => "did you mean `interruptible`?".to_owned(),
        _ if UNSUPPORTED.contains(&name) => {
            return format!("`{name}` is not supported yet: a task supports {}", quoted_list(KNOWN, "and"));
        }
        _ => match nearest(name, KNOWN) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected {}", quoted_list(KNOWN, "or")),
        },
    };
    format!("unknown argument `{name}`: {suggestion}")
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

fn example(argument: &str) -> &'static str {
    match argument {
        "name" => "name = \"my_task\"",
        "crate" => "crate = ::my_crate::sealkit",
        "retries" => "retries = 3",
        "timeout" => "timeout = \"90s\"",
        "resources" => RESOURCES_EXAMPLE,
        "calls" => CALLS_EXAMPLE,
        "environment" => "environment = ENV",
        "env" => "env = {\"LOG_LEVEL\" = \"info\"}",
        "service_account" => "service_account = \"my-account\"",
        "interruptible" => "interruptible = true",
        "schedule" => "schedule = Cron(\"0 9 * * *\")",
        "cache" => "cache = \"v1\"",
        "deployed" => "deployed = \"environment.task\"",
        "allow_secret_in" => ALLOWANCE_EXAMPLE,
        _ => "secret_requests = [Secret(key = \"my_secret\")]",
    }
}

/// Returns the suggestion at the end of an error message, or an empty string.
pub(crate) fn did_you_mean(name: &str, known: &[&str]) -> String {
    nearest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Generates an `Option`.
pub(crate) fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
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
