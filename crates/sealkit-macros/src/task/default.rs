//! The default of an input.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Expr, Meta, Path, Type};

use crate::{
    diagnostics::Diagnostics,
    syntax::{crate_at, string_literal},
};

/// Returns the value of `#[default(…)]`.
pub(super) fn parse(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Option<Expr> {
    let mut value = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("default")) {
        let expression = match &attribute.meta {
            Meta::List(list) => list.parse_args::<Expr>().ok(),
            _ => None,
        };
        if expression.is_none() {
            diagnostics.at(&attribute.meta, "expected one value: `#[default(3)]`");
        }
        if value.is_some() {
            diagnostics.at(attribute, "an input has one default");
        }
        value = value.or(expression);
    }
    value
}

/// Generates the functions that return the default of an input. `constant` is its member.
pub(super) fn functions(krate: &Path, constant: &Ident, r#type: &Type, default: &Expr) -> TokenStream {
    // A string literal stands for every type that can be made from one, such as `String`.
    let value = match string_literal(default) {
        Some(text) => {
            let (krate, span) = crate_at(krate, &text);
            quote_spanned!(span=> #krate::__private::TextDefault::from_text(#text))
        }
        None => quote!(#default),
    };
    quote! {
        #[allow(clippy::unnecessary_wraps)]
        fn __sealkit_default() -> #r#type {
            #value
        }
        fn __sealkit_default_value() -> ::core::result::Result<#krate::Value, #krate::ValueError> {
            #constant.convert(&__sealkit_default())
        }
    }
}
