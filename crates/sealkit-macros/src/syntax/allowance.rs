//! The arguments of `allow_secret_in(...)`.

use quote::ToTokens;
use sealkit_names::quoted_list;
use syn::{LitStr, MetaList, MetaNameValue, Path, Token, punctuated::Punctuated};

use super::{arguments::did_you_mean, literal::parse_string};
use crate::diagnostics::Diagnostics;

/// The arguments of `allow_secret_in(...)`.
pub(crate) struct AllowanceArguments {
    /// The path `allow_secret_in`.
    pub(crate) path: Path,
    pub(crate) output: Option<LitStr>,
    pub(crate) input: Option<LitStr>,
    pub(crate) secret: Option<LitStr>,
    pub(crate) because: Option<LitStr>,
}

const KNOWN: [&str; 4] = ["output", "input", "secret", "because"];

/// An example of the argument `allow_secret_in`.
pub(crate) const ALLOWANCE_EXAMPLE: &str = "allow_secret_in(output = \"o0.url\", secret = \"my_secret\", because = \"the URL expires after an hour\")";

impl AllowanceArguments {
    /// Returns `None` if it adds an error.
    pub(super) fn parse(list: &MetaList, diagnostics: &mut Diagnostics) -> Option<Self> {
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
                        other => did_you_mean(other, &KNOWN),
                    };
                    diagnostics.at(
                        &pair.path,
                        format_args!(
                            "unknown argument `{name}` of `allow_secret_in`: expected {}{suggestion}",
                            quoted_list(KNOWN, "or")
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
