//! Validation of an `allow_secret_in(...)` argument.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use sealkit_names::read::Access;
use syn::{LitStr, Path};

use super::reads::Read;
use crate::{
    diagnostics::Diagnostics,
    syntax::{ALLOWANCE_EXAMPLE, AllowanceArguments, crate_at},
};

/// An output or input that may contain a secret of the task, with the reason.
pub(super) struct Allowance {
    pub(super) place: Place,
    pub(super) secret: LitStr,
    pub(super) because: LitStr,
}

pub(super) enum Place {
    Output(LitStr),
    Input(LitStr),
}

impl Allowance {
    /// Returns `None` if it adds an error.
    pub(super) fn new(arguments: AllowanceArguments, diagnostics: &mut Diagnostics) -> Option<Self> {
        let AllowanceArguments { path, output, input, secret, because } = arguments;
        let place = match (output, input) {
            (Some(output), None) => Place::Output(output),
            (None, Some(input)) => Place::input(input, diagnostics)?,
            _ => {
                let message =
                    format_args!("`allow_secret_in` needs either `output` or `input`: `{ALLOWANCE_EXAMPLE}`");
                diagnostics.at(path, message);
                return None;
            }
        };
        let Some(secret) = secret else {
            diagnostics.at(path, format_args!("`allow_secret_in` needs `secret`: `{ALLOWANCE_EXAMPLE}`"));
            return None;
        };
        match because {
            Some(because) if !because.value().trim().is_empty() => Some(Self { place, secret, because }),
            Some(empty) => {
                diagnostics
                    .at(empty, format_args!("`because` must contain the reason: `{ALLOWANCE_EXAMPLE}`"));
                None
            }
            None => {
                let message =
                    format_args!("`allow_secret_in` needs a reason, `because`: `{ALLOWANCE_EXAMPLE}`");
                diagnostics.at(path, message);
                None
            }
        }
    }

    pub(super) fn is_of_output(&self) -> bool {
        matches!(self.place, Place::Output(_))
    }

    /// Returns the reference to the secret, which must be declared.
    pub(super) fn read(&self) -> Read {
        let name = self.secret.value();
        let (group, key) = match name.rsplit_once('/') {
            Some((group, key)) => (Some(group.to_owned()), key),
            None => (None, &*name),
        };
        Read { group, key: LitStr::new(key, self.secret.span()), access: Access::Reference }
    }
}

impl Place {
    /// Generates the check that the task has this output.
    pub(super) fn check(&self, krate: &Path) -> Option<TokenStream> {
        let Self::Output(place) = self else { return None };
        let (text, (krate, span)) = (place.value(), crate_at(krate, place));
        let name = text.split('.').next().unwrap_or_default();
        Some(quote_spanned! {span=>
            const _: () = #krate::__private::check_output(__SEALKIT_OUTPUT.variables, #name);
        })
    }

    fn input(place: LitStr, diagnostics: &mut Diagnostics) -> Option<Self> {
        let text = place.value();
        if text.split_once('.').is_some_and(|(task, input)| !task.is_empty() && !input.is_empty()) {
            return Some(Self::Input(place));
        }
        diagnostics.at(
            place,
            "unknown input: write `TASK.INPUT` for an input of a called task, or `TASK.INPUT.FIELD` for a part of it",
        );
        None
    }
}
