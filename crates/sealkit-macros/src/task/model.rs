//! What a task is, and every way in which it can be written wrong.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use sealkit_names::{Request as Names, collision::collision, read, rules};
use syn::{
    Attribute, Expr, ExprLit, FnArg, GenericParam, Lit, LitStr, Meta, Pat, Path, ReturnType, Safety, Type,
    ext::IdentExt, parse_quote,
};

use super::{
    Kind,
    allowance::Allowance,
    reads::{self, Read},
    request::{Literal, Request},
    resources::Resources,
};
use crate::{
    diagnostics::Diagnostics,
    syntax::{Arguments, Function},
};

/// A task that is right as far as a macro can tell.
pub(super) struct Task {
    pub(super) kind: Kind,
    pub(super) krate: Path,
    pub(super) name: LitStr,
    pub(super) docs: String,
    pub(super) requests: Vec<Request>,
    /// Reads that only the compiler can check, because a constant hides a request.
    pub(super) reads: Vec<Read>,
    pub(super) allowances: Vec<Allowance>,
    pub(super) retries: Option<Expr>,
    pub(super) timeout: Option<Expr>,
    pub(super) resources: Option<Resources>,
    pub(super) inputs: Vec<Input>,
    pub(super) output: Type,
    pub(super) function: Function,
}

pub(super) struct Input {
    pub(super) ident: Ident,
    pub(super) r#type: Type,
}

impl Task {
    /// `Some` only if nothing was reported.
    pub(super) fn new(
        kind: Kind,
        arguments: Arguments,
        arguments_are_known: bool,
        function: Function,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let Arguments { name, secret_requests, allowances, retries, timeout, resources, krate } = arguments;
        let krate = krate.unwrap_or_else(|| parse_quote!(::sealkit));
        let name = task_name(name, &function.signature.ident, diagnostics);
        check_signature(&function, diagnostics);
        let inputs = inputs(&function, diagnostics);
        let output = output(&function, diagnostics);
        let entries = secret_requests.len();
        let requests: Vec<Request> = secret_requests
            .into_iter()
            .filter_map(|entry| Request::new(entry, &krate, diagnostics))
            .collect();
        check_collisions(&requests, diagnostics);
        let allowances: Vec<Allowance> =
            allowances.into_iter().filter_map(|written| Allowance::new(written, diagnostics)).collect();
        let resources = resources.and_then(|written| Resources::new(&written, diagnostics));
        // A request that could not be read may be the one that a read means.
        let reads = if arguments_are_known && requests.len() == entries {
            let mut found: Vec<Read> = allowances.iter().map(Allowance::read).collect();
            found.extend(reads::find(&function.body));
            check_reads(&name.value(), &requests, found, diagnostics)
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
            retries,
            timeout,
            resources,
            inputs,
            output,
            function,
        })
    }
}

fn task_name(given: Option<LitStr>, function: &Ident, diagnostics: &mut Diagnostics) -> LitStr {
    let name = given.unwrap_or_else(|| LitStr::new(&function.unraw().to_string(), function.span()));
    if let Err(error) = rules::check_task_name(&name.value()) {
        diagnostics
            .at(&name, format_args!("{}: write `#[task(name = \"my_task\")]`", error.message(&name.value())));
    }
    name
}

fn check_signature(function: &Function, diagnostics: &mut Diagnostics) {
    let signature = &function.signature;
    let mut refuse = |tokens: Option<TokenStream>, message: &str| {
        if let Some(tokens) = tokens {
            diagnostics.at(tokens, message);
        }
    };
    refuse(
        signature.constness.map(ToTokens::into_token_stream),
        "a task cannot be `const`: it runs in its own context",
    );
    let safety = match signature.safety {
        Safety::Default => None,
        Safety::Safe(token) => Some(token.into_token_stream()),
        Safety::Unsafe(token) => Some(token.into_token_stream()),
    };
    refuse(safety, "a task cannot be `unsafe`: it is run by name");
    refuse(
        signature.abi.as_ref().map(ToTokens::to_token_stream),
        "a task cannot be `extern`: it is run by name",
    );
    refuse(
        signature.variadic.as_ref().map(ToTokens::to_token_stream),
        "a task cannot be variadic: its inputs must be known",
    );
    for parameter in &signature.generics.params {
        let (tokens, message) = match parameter {
            GenericParam::Lifetime(_) => {
                (parameter.to_token_stream(), "a task owns its inputs: it cannot have lifetimes")
            }
            _ => (
                parameter.to_token_stream(),
                "a task cannot be generic: it is run by name, so its types must be known",
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
                diagnostics.at(receiver, "a task cannot take `self`: write a function outside of `impl`");
                continue;
            }
            FnArg::Typed(input) => input,
        };
        if let Some(attribute) = input.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
            diagnostics.at(attribute, "an input cannot be conditional: put `#[cfg]` on the task");
        }
        if has_impl_trait(&input.ty) {
            diagnostics
                .at(&input.ty, "a task cannot be generic: it is run by name, so its types must be known");
            continue;
        }
        // A named lifetime is reported where it is declared.
        if let Type::Reference(reference) = &*input.ty
            && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static")
        {
            diagnostics.at(&input.ty, "a task owns its inputs: write a type without `&`, such as `String`");
            continue;
        }
        match &*input.pat {
            Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {
                inputs.push(Input { ident: name.ident.clone(), r#type: (*input.ty).clone() });
            }
            other => diagnostics.at(other, "a task input needs a plain name, as in `rows: i64`"),
        }
    }
    inputs
}

fn output(function: &Function, diagnostics: &mut Diagnostics) -> Option<Type> {
    match &function.signature.output {
        ReturnType::Type(_, output) if has_impl_trait(output) => {
            diagnostics
                .at(output, "a task must name the type it returns, which is recorded: write `Result<T, E>`");
            None
        }
        ReturnType::Type(_, output) => Some((**output).clone()),
        ReturnType::Default => {
            let message = "a task must return a `Result`: write `-> sealkit::Result<()>`";
            diagnostics.at(&function.signature.ident, message);
            None
        }
    }
}

/// Whether there is an `impl Trait` anywhere in a type.
fn has_impl_trait(r#type: &Type) -> bool {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Ident(word) => word == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            _ => false,
        })
    }
    has_impl(r#type.to_token_stream())
}

/// Reports requests that would end up in one place.
fn check_collisions(requests: &[Request], diagnostics: &mut Diagnostics) {
    let literals: Vec<_> = requests.iter().filter_map(|request| request.literal.as_ref()).collect();
    for (i, later) in literals.iter().enumerate() {
        let found = literals[..i]
            .iter()
            .find_map(|earlier| Some((earlier, collision(&earlier.names(), &later.names())?)));
        if let Some((earlier, collision)) = found {
            diagnostics.at(later.key(), collision.message(&earlier.names(), &later.names()));
        }
    }
}

/// Reports reads that no request allows; those that a hidden request may allow are handed on.
fn check_reads(
    task: &str,
    requests: &[Request],
    found: Vec<Read>,
    diagnostics: &mut Diagnostics,
) -> Vec<Read> {
    let known: Vec<Names<'_>> =
        requests.iter().filter_map(|request| request.literal.as_ref()).map(Literal::names).collect();
    let all_known = known.len() == requests.len();
    let mut open = Vec::new();
    for read in found {
        let (key, group) = (read.key.value(), read.group.as_deref());
        if let Err(error) = rules::check_key(&key) {
            diagnostics.at(&read.key, read::invalid_key_message(error, &known, group, &key, read.access));
            continue;
        }
        match read::resolve(known.iter().copied(), group, &key, read.access) {
            Ok(_) => {}
            Err(_) if !all_known => open.push(read),
            Err(error) => {
                diagnostics.at(&read.key, read::message(error, task, &known, group, &key, read.access));
            }
        }
    }
    open
}

/// The text of the documentation comments.
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
