//! Validation of the argument `cache`.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use sealkit_names::{nearest, quoted_list};
use syn::{Expr, ExprArray, ExprCall, LitStr, Path};

use super::{
    limits::{duration_tokens, is_call_of, literal_duration, named},
    model::Input,
    resources::assignment,
};
use crate::{
    diagnostics::Diagnostics,
    syntax::{check_boolean, crate_at, did_you_mean, option, parse_string, string_literal},
};

const EXAMPLE: &str = "cache = Cache(\"v1\", ignored_inputs = [\"verbose\"], max_age = \"7d\")";
const KNOWN: [&str; 5] = ["version", "ignored_inputs", "salt", "max_age", "serialize"];

/// How the results of a task are cached.
#[derive(Default)]
pub(super) struct Cache {
    /// The version; without one, it is that of the program's code.
    version: Option<LitStr>,
    ignored_inputs: Vec<LitStr>,
    salt: Option<LitStr>,
    max_age: Option<Duration>,
    serialize: Option<Expr>,
}

impl Cache {
    /// Returns `None` if it adds an error.
    pub(super) fn new(value: &Expr, inputs: &[Input], diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut cache = Self::default();
        let is_valid = match value {
            Expr::Call(call) if is_call_of(call, "Cache") => cache.parse(call, diagnostics),
            version => cache.set_version(version, diagnostics),
        };
        if let (Some(_), Some(salt)) = (&cache.version, &cache.salt) {
            diagnostics.at(salt, "`salt` is for `Cache(auto, …)`: change the version instead");
            return None;
        }
        (is_valid && cache.check_inputs(inputs, diagnostics)).then_some(cache)
    }

    /// Parses `auto` or a version. Returns whether it is valid.
    fn set_version(&mut self, value: &Expr, diagnostics: &mut Diagnostics) -> bool {
        if matches!(value, Expr::Path(path) if path.path.is_ident("auto")) {
            return true;
        }
        let Some(version) = string_literal(value) else {
            diagnostics
                .at(value, format_args!("expected a version or `auto`: `cache = \"v1\"` or `{EXAMPLE}`"));
            return false;
        };
        let message = match &*version.value() {
            "auto" => return true,
            "" => "the version of a cache must not be empty",
            "override" => "`override` needs a version: write the version itself, as in `cache = \"v1\"`",
            "disable" | "disabled" | "off" | "no" | "none" | "false" => {
                "a task without `cache` is not cached: leave it out"
            }
            _ => {
                self.version = Some(version);
                return true;
            }
        };
        diagnostics.at(value, message);
        false
    }

    /// Parses `Cache("v1", …)`. Returns whether it is valid.
    fn parse(&mut self, call: &ExprCall, diagnostics: &mut Diagnostics) -> bool {
        let mut seen: Vec<String> = Vec::new();
        let mut is_valid = true;
        for (index, argument) in call.args.iter().enumerate() {
            if index == 0 && assignment(argument).is_none() {
                seen.push("version".to_owned());
                is_valid &= self.set_version(argument, diagnostics);
                continue;
            }
            let Some((name, value)) = named(argument, EXAMPLE, diagnostics) else { return false };
            let text = name.to_string().replace("version_override", "version");
            if seen.contains(&text) {
                diagnostics.at(name, format_args!("duplicate argument `{text}`"));
                return false;
            }
            is_valid &= self.set(name, value, diagnostics);
            seen.push(text);
        }
        if is_valid && !seen.iter().any(|name| name == "version") {
            diagnostics
                .at(call, format_args!("expected a version, or `auto`, as the first argument: `{EXAMPLE}`"));
            return false;
        }
        is_valid
    }

    fn set(&mut self, name: &Ident, value: &Expr, diagnostics: &mut Diagnostics) -> bool {
        match name.to_string().as_str() {
            "version" | "version_override" => self.set_version(value, diagnostics),
            "ignored_inputs" => {
                let Expr::Array(ExprArray { elems, .. }) = value else {
                    diagnostics.at(value, format_args!("expected a list of inputs: `{EXAMPLE}`"));
                    return false;
                };
                let names = elems.iter().map(|name| parse_string(name, EXAMPLE, diagnostics));
                let names: Option<Vec<LitStr>> = names.collect();
                self.ignored_inputs = names.unwrap_or_default();
                diagnostics.is_empty()
            }
            "salt" => {
                self.salt = parse_string(value, EXAMPLE, diagnostics);
                self.salt.is_some()
            }
            "max_age" => {
                let message = match literal_duration(value) {
                    Ok(Some(age)) if age.is_zero() => {
                        "`max_age` must be longer than 0: leave it out for results of any age"
                    }
                    Ok(Some(age)) => {
                        self.max_age = Some(age);
                        return true;
                    }
                    _ => "expected seconds or a text such as `90s`, `12h` or `7d`: `max_age = \"7d\"`",
                };
                diagnostics.at(value, message);
                false
            }
            "serialize" => {
                self.serialize = Some(value.clone());
                check_boolean("serialize", value, diagnostics)
            }
            other => {
                let suggestion = did_you_mean(other, &KNOWN);
                let known = quoted_list(KNOWN, "or");
                diagnostics.at(
                    name,
                    format_args!("unknown argument `{other}` of `Cache`: expected {known}{suggestion}"),
                );
                false
            }
        }
    }

    fn check_inputs(&self, inputs: &[Input], diagnostics: &mut Diagnostics) -> bool {
        let names: Vec<String> = inputs.iter().map(Input::name).collect();
        let mut is_valid = true;
        for (index, ignored) in self.ignored_inputs.iter().enumerate() {
            let name = ignored.value();
            if self.ignored_inputs[..index].iter().any(|earlier| earlier.value() == name) {
                diagnostics.at(ignored, format_args!("input `{name}` is ignored twice"));
                is_valid = false;
            } else if !names.contains(&name) {
                let near = nearest(&name, names.iter().map(String::as_str));
                let suggestion = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
                diagnostics.at(ignored, format_args!("the task has no input `{name}`{suggestion}"));
                is_valid = false;
            }
        }
        is_valid
    }

    /// Generates the value.
    pub(super) fn tokens(&self, krate: &Path) -> TokenStream {
        let version = option(self.version.as_ref());
        let salt = self.salt.as_ref().map_or_else(|| quote!(""), |salt| quote!(#salt));
        let max_age = option(self.max_age.map(duration_tokens));
        let serialize = self.serialize.as_ref().map_or_else(
            || quote!(false),
            |value| {
                let (_, span) = crate_at(krate, value);
                let constant = quote_spanned!(span=> const __SEALKIT_SERIALIZE: bool = #value;);
                quote!({ #constant __SEALKIT_SERIALIZE })
            },
        );
        let ignored = &self.ignored_inputs;
        quote!(#krate::Cache::__new(#version, &[#(#ignored),*], #salt, #max_age, #serialize))
    }
}
