//! Validation of a task: every rule and its error message.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use sealkit_names::{Request, collision::collision, deployed, read, rules};
use syn::{
    Attribute, Expr, ExprLit, ExprPath, FnArg, GenericParam, Lit, LitStr, Meta, Pat, Path, ReturnType,
    Safety, Type, ext::IdentExt, parse_quote,
};

use super::{
    TaskKind,
    allowance::Allowance,
    cache::Cache,
    default,
    expand::result_arguments,
    limits::Limits,
    reads::{self, Read},
    request::{Entry, Literal},
    schedule::Schedule,
    settings::Settings,
};
use crate::{
    diagnostics::Diagnostics,
    syntax::{Arguments, Function},
};

/// The largest number of outputs in a tuple.
const MAX_OUTPUTS: usize = 8;

/// A valid task.
pub(super) struct Task {
    pub(super) kind: TaskKind,
    pub(super) krate: Path,
    pub(super) name: LitStr,
    pub(super) docs: String,
    pub(super) requests: Vec<Entry>,
    /// Reads that constant evaluation checks, because the macro cannot evaluate all requests.
    pub(super) reads: Vec<Read>,
    pub(super) allowances: Vec<Allowance>,
    pub(super) limits: Limits,
    pub(super) settings: Settings,
    pub(super) calls: Option<Vec<ExprPath>>,
    pub(super) inputs: Vec<Input>,
    pub(super) output: Type,
    pub(super) function: Function,
}

pub(super) struct Input {
    pub(super) ident: Ident,
    pub(super) r#type: Type,
    pub(super) docs: String,
    pub(super) default: Option<Expr>,
}

impl Input {
    pub(super) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

impl Task {
    /// Returns `None` if it adds an error.
    pub(super) fn new(
        kind: TaskKind,
        arguments: Arguments,
        arguments_are_known: bool,
        function: Function,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Arguments {
            name,
            secret_requests,
            allowances,
            retries,
            timeout,
            resources,
            environment,
            env,
            service_account,
            interruptible,
            cache,
            schedule,
            deployed,
            is_deployed,
            calls,
            krate,
        } = arguments;
        let krate = krate.unwrap_or_else(|| parse_quote!(::sealkit));
        let name = task_name(kind, name, &function.signature.ident, diagnostics);
        check_signature(&function, diagnostics);
        let inputs = inputs(&function, diagnostics);
        let output = output(&function, diagnostics);
        let entries = secret_requests.len();
        let requests: Vec<Entry> =
            secret_requests.into_iter().filter_map(|entry| Entry::new(entry, &krate, diagnostics)).collect();
        check_collisions(&requests, diagnostics);
        let allowances: Vec<Allowance> =
            allowances.into_iter().filter_map(|allowance| Allowance::new(allowance, diagnostics)).collect();
        let mut settings = Settings::new(environment, env, service_account, interruptible, diagnostics);
        settings.cache = cache.as_ref().and_then(|cache| Cache::new(cache, &inputs, diagnostics));
        settings.schedules =
            schedule.map(|schedule| Schedule::all(&schedule, &inputs, diagnostics)).unwrap_or_default();
        if let Some(cache) = cache.filter(|_| allowances.iter().any(Allowance::is_of_output)) {
            diagnostics.at(
                cache,
                "an output with a secret is not cached: remove `cache` or `allow_secret_in(output = …)`",
            );
        }
        if let (Some(semicolon), false) = (function.semicolon, is_deployed) {
            diagnostics.at(
                semicolon,
                "a task must have a body, unless it is deployed: `#[task(deployed = \"environment.task\")]`",
            );
        }
        settings.deployed = deployed.filter(|reference| is_reference(reference, diagnostics));
        let limits = Limits::new(retries, timeout, resources.as_ref(), diagnostics);
        // A read may refer to an invalid request, whose name is unknown.
        let reads = if arguments_are_known && requests.len() == entries {
            let mut found: Vec<Read> = allowances.iter().map(Allowance::read).collect();
            found.extend(reads::find(&function.body));
            if is_deployed && let Some(read) = found.first() {
                diagnostics.at(
                    &read.key,
                    "this function cannot read secrets: it refers to a deployed task, which requests its own",
                );
                found.clear();
            }
            check_reads(&name.value(), &requests, settings.has_environment(), found, diagnostics)
        } else {
            Vec::new()
        };
        let docs = docs(&function.attributes);
        let output = output?;
        diagnostics.is_empty().then_some(Self {
            kind,
            krate,
            name,
            docs,
            requests,
            reads,
            allowances,
            limits,
            settings,
            calls,
            inputs,
            output,
            function,
        })
    }
}

fn task_name(
    kind: TaskKind,
    argument: Option<LitStr>,
    function: &Ident,
    diagnostics: &mut Diagnostics,
) -> LitStr {
    let name = argument.unwrap_or_else(|| LitStr::new(&function.unraw().to_string(), function.span()));
    if let Err(error) = rules::check_task_name(&name.value()) {
        let attribute = kind.attribute();
        let message = error.message(&name.value());
        diagnostics
            .at(&name, format_args!("{message}; choose a name: `#[{attribute}(name = \"my_{attribute}\")]`"));
    }
    name
}

/// Returns whether the reference to a deployed task is valid, or adds an error.
fn is_reference(reference: &LitStr, diagnostics: &mut Diagnostics) -> bool {
    let invalid = deployed::parse(&reference.value()).err();
    if let Some(message) = &invalid {
        diagnostics.at(reference, format_args!("{message}; write `deployed = \"environment.task\"`"));
    }
    invalid.is_none()
}

fn check_signature(function: &Function, diagnostics: &mut Diagnostics) {
    let signature = &function.signature;
    let mut reject = |tokens: Option<TokenStream>, message: &str| {
        if let Some(tokens) = tokens {
            diagnostics.at(tokens, message);
        }
    };
    reject(
        signature.constness.map(ToTokens::into_token_stream),
        "a task cannot be `const`: it only runs at run time",
    );
    let safety = match signature.safety {
        Safety::Default => None,
        Safety::Safe(token) => Some(token.into_token_stream()),
        Safety::Unsafe(token) => Some(token.into_token_stream()),
    };
    reject(safety, "a task cannot be `unsafe`: the runtime calls it from safe code");
    reject(
        signature.abi.as_ref().map(ToTokens::to_token_stream),
        "a task cannot be `extern`: it must use the Rust ABI",
    );
    reject(
        signature.variadic.as_ref().map(ToTokens::to_token_stream),
        "a task cannot be variadic: its inputs are part of its interface",
    );
    for parameter in &signature.generics.params {
        let (tokens, message) = match parameter {
            GenericParam::Lifetime(_) => (
                parameter.to_token_stream(),
                "a task cannot have lifetimes: it owns its inputs, so use types such as `String`",
            ),
            _ => (
                parameter.to_token_stream(),
                "a task cannot be generic: its types are part of its interface, so write concrete types",
            ),
        };
        diagnostics.at(tokens, message);
    }
}

fn inputs(function: &Function, diagnostics: &mut Diagnostics) -> Vec<Input> {
    let mut inputs = Vec::new();
    for argument in &function.signature.inputs {
        let input = match argument {
            FnArg::Receiver(receiver) => {
                diagnostics
                    .at(receiver, "a task cannot take `self`: move the function out of the `impl` block");
                continue;
            }
            FnArg::Typed(input) => input,
        };
        if let Some(attribute) = input.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
            diagnostics.at(attribute, "an input cannot be conditional: put `#[cfg]` on the whole task");
        }
        if has_impl_trait(&input.ty) {
            diagnostics.at(
                &input.ty,
                "a task cannot be generic: its types are part of its interface, so write concrete types",
            );
            continue;
        }
        // The declaration of a named lifetime is already an error.
        if let Type::Reference(reference) = &*input.ty
            && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static")
        {
            diagnostics.at(&input.ty, "a task owns its inputs: use a type without `&`, such as `String`");
            continue;
        }
        match &*input.pat {
            Pat::Ident(name) if name.ident.unraw() == "help" => {
                diagnostics.at(name, "`--help` prints the help of the task: call the input something else");
            }
            Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {
                inputs.push(Input {
                    ident: name.ident.clone(),
                    r#type: (*input.ty).clone(),
                    docs: docs(&input.attrs),
                    default: default::parse(&input.attrs, diagnostics),
                });
            }
            other => diagnostics.at(other, "a task input must be a plain name, as in `rows: i64`"),
        }
    }
    inputs
}

fn output(function: &Function, diagnostics: &mut Diagnostics) -> Option<Type> {
    match &function.signature.output {
        ReturnType::Type(_, output) if has_impl_trait(output) => {
            diagnostics
                .at(output, "a task cannot return `impl Trait`: its output type is part of its interface, so write `Result<T, E>`");
            None
        }
        ReturnType::Type(_, output) => {
            if let Some(Type::Tuple(tuple)) = result_arguments(output).first()
                && (tuple.elems.len() == 1 || tuple.elems.len() > MAX_OUTPUTS)
            {
                let message = format_args!(
                    "a tuple has 2 to {MAX_OUTPUTS} outputs: use a struct with `#[derive(TaskType)]` and `#[task_type(outputs)]`"
                );
                diagnostics.at(tuple, message);
            }
            Some((**output).clone())
        }
        ReturnType::Default => {
            let message = "a task must return a `Result`: write `-> sealkit::Result<()>`";
            diagnostics.at(&function.signature.ident, message);
            None
        }
    }
}

/// Returns whether the type contains an `impl Trait`.
fn has_impl_trait(r#type: &Type) -> bool {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => ident == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            _ => false,
        })
    }
    has_impl(r#type.to_token_stream())
}

/// Reports requests that would be mounted in the same place.
fn check_collisions(requests: &[Entry], diagnostics: &mut Diagnostics) {
    let literals: Vec<_> = requests.iter().filter_map(|request| request.literal.as_ref()).collect();
    for (i, later) in literals.iter().enumerate() {
        let found = literals[..i]
            .iter()
            .find_map(|earlier| Some((earlier, collision(&earlier.request(), &later.request())?)));
        if let Some((earlier, collision)) = found {
            diagnostics.at(later.key(), collision.message(&earlier.request(), &later.request()));
        }
    }
}

/// Reports undeclared reads. Returns the reads that may refer to a request that the macro cannot evaluate.
///
/// The macro cannot evaluate the requests of an environment either.
fn check_reads(
    task: &str,
    requests: &[Entry],
    has_environment: bool,
    found: Vec<Read>,
    diagnostics: &mut Diagnostics,
) -> Vec<Read> {
    let known: Vec<Request<'_>> =
        requests.iter().filter_map(|request| request.literal.as_ref()).map(Literal::request).collect();
    let all_known = known.len() == requests.len() && !has_environment;
    let mut unresolved = Vec::new();
    for read in found {
        let (key, group) = (read.key.value(), read.group.as_deref());
        if let Err(error) = rules::check_key(&key) {
            diagnostics.at(&read.key, read::invalid_key_message(error, &known, group, &key, read.access));
            continue;
        }
        match read::resolve(known.iter().copied(), group, &key, read.access) {
            Ok(_) => {}
            Err(_) if !all_known => unresolved.push(read),
            Err(error) => {
                diagnostics.at(&read.key, read::message(error, task, &known, group, &key, read.access));
            }
        }
    }
    unresolved
}

/// Returns the text of the doc comments.
fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let stripped: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    stripped.join("\n").trim().to_owned()
}
