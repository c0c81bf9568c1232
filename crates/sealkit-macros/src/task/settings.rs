//! Validation of the arguments `environment`, `env`, `service_account`, `interruptible`, `cache`, `schedule` and `deployed`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use sealkit_names::{rules, variables};
use syn::{Expr, ExprPath, Lit, LitStr, Path};

use super::{cache::Cache, schedule::Schedule};
use crate::{
    diagnostics::Diagnostics,
    syntax::{Variable, check_boolean, check_literal, crate_at, option, string_literal},
};

/// The settings that a task declares, or shares with others in an environment.
#[derive(Default)]
pub(super) struct Settings {
    environment: Option<ExprPath>,
    env: Vec<Variable>,
    service_account: Option<LitStr>,
    interruptible: Option<Expr>,
    pub(super) cache: Option<Cache>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) deployed: Option<LitStr>,
}

impl Settings {
    /// Settings with errors are left out.
    pub(super) fn new(
        environment: Option<Expr>,
        env: Vec<Variable>,
        service_account: Option<LitStr>,
        interruptible: Option<Expr>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let interruptible = interruptible.filter(|value| check_boolean("interruptible", value, diagnostics));
        let mut settings = Self { interruptible, ..Self::default() };
        match environment {
            Some(Expr::Path(path)) => settings.environment = Some(path),
            Some(other) => {
                diagnostics
                    .at(other, "expected the name of a constant of type `Environment`: `environment = ENV`");
            }
            None => {}
        }
        for variable in env {
            let name = variable.name.value();
            if let Err(error) = rules::check_variable(&name) {
                diagnostics.at(&variable.name, error.message(&name));
            } else if settings.env.iter().any(|known| known.name.value() == name) {
                diagnostics.at(&variable.name, format_args!("environment variable `{name}` is set twice"));
            } else if let Some(value) = string_literal(&variable.value)
                && !variables::is_value(&value.value())
            {
                diagnostics.at(value, null_in_value(&name));
            } else if check_text(&variable.value, diagnostics) {
                settings.env.push(variable);
            }
        }
        if let Some(name) = service_account {
            if rules::is_dns_name(&name.value()) {
                settings.service_account = Some(name);
            } else {
                diagnostics
                    .at(name, "a service account is 1 to 253 lower-case ASCII letters, digits, `-` or `.`");
            }
        }
        settings
    }

    pub(super) fn has_environment(&self) -> bool {
        self.environment.is_some()
    }

    /// Generates the constant with all requests: those of the environment, and then the task's `own`.
    pub(super) fn requests(&self, krate: &Path, own: &TokenStream) -> TokenStream {
        let Some(environment) = &self.environment else {
            return quote!(const __SEALKIT_REQUESTS: &[#krate::Secret] = #own;);
        };
        let (krate_at_environment, span) = crate_at(krate, environment);
        quote_spanned! {span=>
            const __SEALKIT_ENVIRONMENT: #krate_at_environment::Environment = #environment;
            const __SEALKIT_OWN_REQUESTS: &[#krate::Secret] = #own;
            const __SEALKIT_REQUESTS: &[#krate::Secret] = &#krate::__private::concat_requests::<
                { __SEALKIT_ENVIRONMENT.secret_requests().len() + __SEALKIT_OWN_REQUESTS.len() }
            >(__SEALKIT_ENVIRONMENT.secret_requests(), __SEALKIT_OWN_REQUESTS);
            const _: () =
                #krate_at_environment::__private::check_environment(&__SEALKIT_ENVIRONMENT, __SEALKIT_OWN_REQUESTS);
        }
    }

    /// Generates the checks that no variable of the task holds one of its secrets.
    pub(super) fn checks(&self, krate: &Path) -> impl Iterator<Item = TokenStream> {
        self.env.iter().map(move |Variable { name, .. }| {
            let (krate, span) = crate_at(krate, name);
            let message = format!("environment variable `{}` holds a secret of the task: remove it, or set `env_var` of the secret", name.value());
            quote_spanned! {span=>
                const _: () = ::core::assert!(
                    !#krate::__private::holds_secret(__SEALKIT_REQUESTS, #name), "{}", #message
                );
            }
        })
    }

    /// Generates the call that adds the settings to the metadata, if there are any.
    pub(super) fn tokens(&self, krate: &Path) -> Option<TokenStream> {
        if self.environment.is_none()
            && self.env.is_empty()
            && self.service_account.is_none()
            && self.interruptible.is_none()
            && self.cache.is_none()
            && self.schedules.is_empty()
            && self.deployed.is_none()
        {
            return None;
        }
        let some = |value: TokenStream| option(Some(value));
        let environment = self.environment.as_ref().map(|_| {
            let value = some(quote!(__SEALKIT_ENVIRONMENT));
            quote!(environment: #value,)
        });
        let entries = self.env.iter().map(|Variable { name, value }| {
            let (krate, span) = crate_at(krate, value);
            let constant = quote_spanned!(span=> const __SEALKIT_VALUE: &str = #value;);
            let message = null_in_value(&name.value());
            let check = string_literal(value).is_none().then(|| {
                quote_spanned! {span=>
                    const _: () = ::core::assert!(#krate::__private::is_variable_value(__SEALKIT_VALUE), "{}", #message);
                }
            });
            quote!((#name, { #constant #check __SEALKIT_VALUE }))
        });
        let env = (!self.env.is_empty()).then(|| quote!(env: &[#(#entries),*],));
        let service_account = self.service_account.as_ref().map(|name| {
            let value = some(quote!(#name));
            quote!(service_account: #value,)
        });
        let interruptible = self.interruptible.as_ref().map(|value| {
            let (_, span) = crate_at(krate, value);
            let constant = quote_spanned!(span=> const __SEALKIT_INTERRUPTIBLE: bool = #value;);
            let value = some(quote!({ #constant __SEALKIT_INTERRUPTIBLE }));
            quote!(interruptible: #value,)
        });
        let cache = self.cache.as_ref().map(|cache| {
            let value = some(cache.tokens(krate));
            quote!(cache: #value,)
        });
        let schedules = (!self.schedules.is_empty()).then(|| {
            let schedules = self.schedules.iter().map(|schedule| schedule.tokens(krate));
            quote!(schedules: &[#(#schedules),*],)
        });
        let deployed = self.deployed.as_ref().map(|reference| {
            let value = some(quote!(#reference));
            quote!(deployed: #value,)
        });
        let span = Span::call_site();
        Some(quote_spanned! {span=>
            .__settings(#krate::__private::Settings {
                #environment #env #service_account #interruptible #cache #schedules #deployed ..#krate::__private::Settings::NONE
            })
        })
    }
}

/// Checks the value of a variable as far as the macro can read it.
fn check_text(value: &Expr, diagnostics: &mut Diagnostics) -> bool {
    let message = format_args!("expected a string: `\"{}\"`", value.to_token_stream());
    check_literal(value, |literal| matches!(literal, Lit::Str(_)), message, diagnostics)
}

/// Returns the error message for the value of the variable `name`.
fn null_in_value(name: &str) -> String {
    format!("the value of environment variable `{name}` contains a null character: remove it")
}
