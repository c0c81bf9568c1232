//! Validation of the arguments `retries`, `timeout` and `resources`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use sealkit_names::backoff::{self, Backoff};
use syn::{Expr, ExprCall, ExprLit, ExprUnary, Ident, Lit, LitStr, Path, UnOp};

use super::resources::{Resources, assignment};
use crate::{
    diagnostics::Diagnostics,
    syntax::{check_literal, crate_at, did_you_mean, option, string_literal},
};

const RETRIES_EXAMPLE: &str = "retries = Retries(3, backoff = \"1s..5m\")";
const TIMEOUT_EXAMPLE: &str =
    "timeout = Timeout(max_runtime = \"30s\", max_queued_time = \"1m\", deadline = \"1h\")";
const TIMEOUTS: [&str; 3] = ["max_runtime", "max_queued_time", "deadline"];

/// The limits that a task declares.
#[derive(Default)]
pub(super) struct Limits {
    retries: Option<Expr>,
    backoff: Option<Backoff>,
    /// The timeouts, by the names of the fields of `sealkit::__private::Limits`.
    timeouts: Vec<(&'static str, Expr)>,
    resources: Option<Resources>,
}

impl Limits {
    /// Limits with errors are left out.
    pub(super) fn new(
        retries: Option<Expr>,
        timeout: Option<Expr>,
        resources: Option<&Expr>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut limits = Self::default();
        match retries {
            Some(Expr::Call(call)) if is_call_of(&call, "Retries") => {
                limits.parse_retries(&call, diagnostics);
            }
            retries => {
                limits.retries = retries.filter(|count| check_count(count, "retries = 3", diagnostics));
            }
        }
        match timeout {
            Some(Expr::Call(call)) if is_call_of(&call, "Timeout") => {
                limits.parse_timeout(&call, diagnostics);
            }
            timeout => limits.timeouts.extend(timeout.map(|timeout| ("timeout", timeout))),
        }
        limits.timeouts.retain(|(_, value)| check_duration(value, diagnostics));
        limits.check_deadline(diagnostics);
        limits.resources = resources.and_then(|value| Resources::new(value, diagnostics));
        limits
    }

    /// Parses `Retries(3, backoff = "1s..5m", factor = 3.0)`.
    fn parse_retries(&mut self, call: &ExprCall, diagnostics: &mut Diagnostics) {
        let mut arguments = call.args.iter();
        match arguments.next() {
            Some(count) if assignment(count).is_none() => {
                self.retries =
                    Some(count).filter(|count| check_count(count, RETRIES_EXAMPLE, diagnostics)).cloned();
            }
            _ => {
                diagnostics.at(call, format_args!("expected the number of retries: `{RETRIES_EXAMPLE}`"));
                return;
            }
        }
        let (mut delays, mut factor) = (None, None);
        for argument in arguments {
            let Some((name, value)) = named(argument, RETRIES_EXAMPLE, diagnostics) else { continue };
            match name.to_string().as_str() {
                "backoff" if delays.is_none() => delays = parse_backoff(value, diagnostics),
                "factor" if factor.is_none() => {
                    factor = parse_factor(value, diagnostics).map(|factor| (factor, value));
                }
                "backoff" | "factor" => diagnostics.at(name, format_args!("duplicate argument `{name}`")),
                other => {
                    let suggestion = did_you_mean(other, &["backoff", "factor"]);
                    diagnostics.at(
                        name,
                        format_args!(
                            "unknown argument `{other}` of `Retries`: expected `backoff` or `factor`{suggestion}"
                        ),
                    );
                }
            }
        }
        if let Some((factor, value)) = factor {
            match &mut delays {
                Some(Backoff { factor: known, cap: Some(_), .. }) => *known = factor,
                _ if !diagnostics.is_empty() => {}
                _ => diagnostics.at(value, "`factor` needs a range of delays: `backoff = \"1s..5m\"`"),
            }
        }
        self.backoff = delays;
    }

    /// Parses `Timeout(max_runtime = "30s", …)`.
    fn parse_timeout(&mut self, call: &ExprCall, diagnostics: &mut Diagnostics) {
        if call.args.is_empty() {
            diagnostics.at(call, format_args!("expected a timeout: `{TIMEOUT_EXAMPLE}`"));
        }
        for argument in &call.args {
            let Some((name, value)) = named(argument, TIMEOUT_EXAMPLE, diagnostics) else { continue };
            let field = match name.to_string().as_str() {
                "max_runtime" => "timeout",
                "max_queued_time" => "max_queued_time",
                "deadline" => "deadline",
                other => {
                    let suggestion = did_you_mean(other, &TIMEOUTS);
                    diagnostics.at(
                        name,
                        format_args!(
                            "unknown argument `{other}` of `Timeout`: expected `max_runtime`, `max_queued_time` or \
                             `deadline`{suggestion}"
                        ),
                    );
                    continue;
                }
            };
            if self.timeouts.iter().any(|(known, _)| *known == field) {
                diagnostics.at(name, format_args!("duplicate argument `{name}`"));
                continue;
            }
            self.timeouts.push((field, value.clone()));
        }
    }

    /// Reports limits without an effect, because the deadline is shorter.
    fn check_deadline(&self, diagnostics: &mut Diagnostics) {
        let value = |field| self.timeouts.iter().find(|(known, _)| *known == field).map(|(_, value)| value);
        let duration = |value| literal_duration(value).ok().flatten();
        let Some(deadline) = value("deadline").and_then(duration) else { return };
        for (field, name) in [("timeout", "max_runtime"), ("max_queued_time", "max_queued_time")] {
            if let Some(value) = value(field)
                && duration(value).is_some_and(|limit| limit > deadline)
            {
                diagnostics
                    .at(value, format_args!("`{name}` exceeds `deadline`: the deadline ends the task first"));
            }
        }
    }

    /// Generates the limits. `name` is the name of the task.
    pub(super) fn tokens(&self, krate: &Path, name: &LitStr) -> TokenStream {
        // The compiler reports a wrong number of retries at that number.
        let (krate_at_retries, span) = match &self.retries {
            Some(retries) => crate_at(krate, retries),
            None => crate_at(krate, name),
        };
        let retries = self.retries.as_ref().map(|retries| quote!(retries: #retries,));
        let backoff = self.backoff.map(|Backoff { base, factor, cap, .. }| {
            let base = duration_tokens(base);
            let cap = option(cap.map(duration_tokens));
            quote!(backoff: ::core::option::Option::Some(#krate::Backoff::new(#base, #factor, #cap)),)
        });
        let timeouts = self.timeouts.iter().map(|(field, value)| {
            let field = Ident::new(field, proc_macro2::Span::call_site());
            let value = timeout_tokens(krate, value);
            quote!(#field: ::core::option::Option::Some(#value),)
        });
        let resources = self.resources.as_ref().map(|resources| {
            let resources = resources.tokens(krate);
            quote!(resources: #resources,)
        });
        let timeouts: Vec<_> = timeouts.collect();
        if retries.is_none() && timeouts.is_empty() && resources.is_none() {
            return quote!(#krate::__private::Limits::NONE);
        }
        quote_spanned! {span=>
            #krate_at_retries::__private::Limits {
                #retries #backoff #(#timeouts)* #resources ..#krate::__private::Limits::NONE
            }
        }
    }
}

pub(super) fn is_call_of(call: &ExprCall, name: &str) -> bool {
    matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// Returns the name and the value of an argument, or adds an error with `example`.
pub(super) fn named<'e>(
    argument: &'e Expr,
    example: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(&'e Ident, &'e Expr)> {
    let found = assignment(argument);
    if found.is_none() {
        diagnostics.at(argument, format_args!("expected `name = value`: `{example}`"));
    }
    found
}

/// Checks a number of retries as far as the macro can read it.
fn check_count(value: &Expr, example: &str, diagnostics: &mut Diagnostics) -> bool {
    let message = format_args!("expected a whole number, at least 0: `{example}`");
    let is_count = |literal: &Lit| matches!(literal, Lit::Int(count) if count.base10_parse::<u64>().is_ok());
    check_literal(value, is_count, message, diagnostics)
}

fn parse_backoff(value: &Expr, diagnostics: &mut Diagnostics) -> Option<Backoff> {
    let Some(text) = string_literal(value) else {
        diagnostics.at(value, "expected a string literal: `backoff = \"10s\"` or `backoff = \"1s..5m\"`");
        return None;
    };
    Backoff::parse(&text.value())
        .map_err(|rule| diagnostics.at(value, format_args!("invalid backoff `{}`: {rule}", text.value())))
        .ok()
}

fn parse_factor(value: &Expr, diagnostics: &mut Diagnostics) -> Option<f64> {
    let number = match value {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    };
    let factor = number.filter(|number: &f64| number.is_finite() && *number >= 1.0);
    if factor.is_none() {
        diagnostics.at(value, "expected a number of at least 1: `factor = 3.0`");
    }
    factor
}

/// Checks a timeout as far as the macro can read it. A number is in seconds, as in the Python SDK.
fn check_duration(value: &Expr, diagnostics: &mut Diagnostics) -> bool {
    let message = match (literal_duration(value), value) {
        (Ok(Some(duration)), _) if !duration.is_zero() => return true,
        (Ok(Some(_)), _) | (_, Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. })) => {
            "a timeout must be longer than 0: leave it out for no timeout"
        }
        (Err(Malformed), _) => "invalid timeout: expected seconds or a text such as `90s`, `5m` or `1h`",
        (Ok(None), _) => return true,
    };
    diagnostics.at(value, message);
    false
}

/// A literal that is no duration.
pub(super) struct Malformed;

/// Returns the duration of a literal, and `None` for any other expression.
pub(super) fn literal_duration(value: &Expr) -> Result<Option<Duration>, Malformed> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(seconds), .. }) => {
            seconds.base10_parse().map(|seconds| Some(Duration::from_secs(seconds))).map_err(|_| Malformed)
        }
        value => match string_literal(value) {
            Some(text) => backoff::parse_duration(&text.value()).map(Some).ok_or(Malformed),
            None if matches!(value, Expr::Lit(_)) => Err(Malformed),
            None => Ok(None),
        },
    }
}

fn timeout_tokens(krate: &Path, value: &Expr) -> TokenStream {
    match literal_duration(value).ok().flatten() {
        Some(duration) => duration_tokens(duration),
        None => {
            let (_, span) = crate_at(krate, value);
            let constant = quote_spanned!(span=> const __SEALKIT_TIMEOUT: ::core::time::Duration = #value;);
            quote!({ #constant __SEALKIT_TIMEOUT })
        }
    }
}

pub(super) fn duration_tokens(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds)).into_token_stream()
}
